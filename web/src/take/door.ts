/** The page's way to the server: the cookie is the browser's, the CSRF token is kept here. What is asked is said in calls.ts. */

import { Refused } from "@podium/client";

/** A server that says nothing for this long is taken for away; what was asked may have been done. */
const PATIENCE_MS = 20_000;

/** Owner: the page. Holds one CSRF token; rebuilt by asking who one is. */
export class Door {
  csrf: string | null = null;
  /** An answer said that the log-in has ended. */
  onOut: (code: string) => void = () => {};
  /** How to get a new CSRF token, if the present one is refused. */
  renew: () => Promise<void> = async () => {};

  /** Raises Refused, or TypeError and DOMException where the line is down (`isAway`). */
  async ask<T>(method: "GET" | "POST" | "DELETE", path: string, body?: object | Blob, isLast = false): Promise<T> {
    try {
      return await this.#once<T>(method, path, body, isLast);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "csrf.missing") throw error;
      await this.renew();
      return await this.#once<T>(method, path, body, isLast);
    }
  }

  async #once<T>(method: string, path: string, body: object | Blob | undefined, isLast: boolean): Promise<T> {
    const headers = new Headers({ Accept: "application/json" });
    if (this.csrf !== null && method !== "GET") headers.set("X-CSRF-Token", this.csrf);
    if (body !== undefined) headers.set("Content-Type", body instanceof Blob ? body.type || "application/octet-stream" : "application/json");
    const answer = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      cache: "no-store",
      keepalive: isLast, // asked while the page goes away
      signal: AbortSignal.timeout(body instanceof Blob ? PATIENCE_MS * 6 : PATIENCE_MS),
      ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
    });
    if (answer.status === 204) return undefined as T;
    if (answer.ok) return (await answer.json()) as T;
    const refused = await refusalOf(answer);
    if (answer.status === 401 && refused.code !== "session.refused") this.onOut(refused.code);
    throw refused;
  }
}

/** Nothing came back, or nothing that makes sense: the server's turn will come. */
export function isAway(error: unknown): boolean {
  if (error instanceof Refused) return error.status >= 500 || error.status === 429 || error.code === "answer.unreadable";
  return error instanceof TypeError || error instanceof DOMException;
}

async function refusalOf(answer: Response): Promise<Refused> {
  const seconds = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  const retryAfterS = Number.isNaN(seconds) ? null : seconds;
  try {
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    return new Refused(answer.status, error.code, error.message, retryAfterS);
  } catch {
    return new Refused(answer.status, "answer.unreadable", `The server answered with ${answer.status}.`, retryAfterS);
  }
}
