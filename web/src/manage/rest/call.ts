/** The one way from the pages to the server: who asks, the CSRF token, versions, refusals, a line that is down. What is asked is said in the
 *  files beside this one, one per noun. */

export interface Detail {
  readonly field: string;
  readonly message: string;
}

/** The server understood and said no. `code` is stable, `message` is for people; `details` name the members that are wrong. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly code: string;
  readonly details: readonly Detail[];
  readonly retryAfterS: number | null;

  constructor(status: number, code: string, message: string, details: readonly Detail[] = [], retryAfterS: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.retryAfterS = retryAfterS;
  }

  /** Somebody else changed it since it was read. */
  get isChanged(): boolean {
    return this.status === 412;
  }
}

/** Nothing came back: the network, or the server, is away. Whether a change was made is not known. */
export class Away extends Error {
  override readonly name = "Away";
}

export interface Listed<T> {
  readonly total: number;
  readonly items: readonly T[];
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Asking {
  readonly query?: Query;
  readonly body?: object;
  /** Sent as If-Match: refused with 412 if somebody changed it since. */
  readonly version?: number;
  readonly signal?: AbortSignal;
}

/**
 * Owner: the page; one per tab. Holds the CSRF token of the session and what the last answers said about the server's clock and the line;
 * rebuilt by asking who one is.
 */
export class Door {
  csrf: string | null = null;
  /** Called when an answer says that the session is over. */
  onOut: () => void = () => {};
  /** Called after each answer, or its absence, with the line's state. */
  onLine: (isUp: boolean, at: number) => void = () => {};
  #offsetMs = 0;
  #bestRttMs = Infinity;

  get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    return this.ask<T>("GET", path, signal === undefined ? { query } : { query, signal });
  }

  post<T>(path: string, body: object = {}, query: Query = {}, version?: number): Promise<T> {
    return this.ask<T>("POST", path, version === undefined ? { body, query } : { body, query, version });
  }

  put<T>(path: string, body: object, version: number): Promise<T> {
    return this.ask<T>("PUT", path, { body, version });
  }

  delete(path: string, version?: number): Promise<void> {
    return this.ask<void>("DELETE", path, version === undefined ? {} : { version });
  }

  /** Raises Refused, Away. */
  async ask<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
    const answer = await this.#fetch(method, path, asking);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  /** An answer that is a file. Raises Refused, Away. */
  async file(path: string, query: Query = {}): Promise<Blob> {
    return (await this.#fetch("GET", path, { query })).blob();
  }

  /** The server's time now, in milliseconds since 1970, within a second. */
  serverMs(): number {
    return Date.now() + this.#offsetMs;
  }

  headers(method: string): Headers {
    const headers = new Headers({ Accept: "application/json" });
    if (method !== "GET" && this.csrf !== null) headers.set("X-CSRF-Token", this.csrf);
    return headers;
  }

  async #fetch(method: string, path: string, { query, body, version, signal }: Asking): Promise<Response> {
    const headers = this.headers(method);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    if (version !== undefined) headers.set("If-Match", `"${version}"`);
    const asked = Date.now();
    let answer: Response;
    try {
      answer = await fetch(addressOf(path, query), {
        method,
        headers,
        cache: "no-store",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      this.onLine(false, Date.now());
      throw new Away("no answer", { cause: error });
    }
    this.heard(answer.headers.get("Date"), asked);
    if (answer.ok) return answer;
    const refusal = await refusalOf(answer);
    if (refusal.code === "server.unavailable") this.onLine(false, Date.now());
    if (refusal.status === 401 && refusal.code !== "session.refused") this.onOut();
    throw refusal;
  }

  /** `date` counts whole seconds: half of one is added, and the quickest answer is believed. */
  heard(date: string | null, asked: number): void {
    const now = Date.now();
    this.onLine(true, now);
    if (date === null || now - asked >= this.#bestRttMs) return;
    this.#bestRttMs = now - asked;
    this.#offsetMs = Date.parse(date) + 500 - (asked + now) / 2;
    if (Math.abs(this.#offsetMs) < 1000) this.#offsetMs = 0;
  }
}

export function addressOf(path: string, query: Query = {}): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== "") asked.set(name, String(value));
  return `/api/v1/admin/${path}${asked.size > 0 ? `?${asked}` : ""}`;
}

export async function refusalOf(answer: Response): Promise<Refused> {
  const text = await answer.text().catch(() => "");
  return refusalIn(answer.status, text, answer.headers.get("Retry-After"));
}

export function refusalIn(status: number, text: string, retryAfter: string | null): Refused {
  const wait = Number.parseInt(retryAfter ?? "", 10);
  const retryAfterS = Number.isNaN(wait) ? null : wait;
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; details?: Detail[] } };
    return new Refused(status, error.code, error.message, error.details ?? [], retryAfterS);
  } catch {
    return new Refused(status, "answer.unreadable", `The server answered with ${status}.`, [], retryAfterS);
  }
}
