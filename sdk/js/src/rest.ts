/** The few REST calls a follower needs. Every refusal is thrown as `Refused`; a line that is down as fetch's own TypeError. */

import type { Group, Position, Problem, SentRow, Status } from "./messages.ts";

/** The server understood and said no. `code` is stable, `message` is for people. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterS: number | null;

  constructor(status: number, code: string, message: string, retryAfterS: number | null = null) {
    super(message);
    this.name = "Refused";
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

export interface RestOptions {
  /** Origin of the server, `https://podium.example`; default: the page's own. */
  readonly origin?: string;
  /** An access token, or a function that gives the present one. */
  readonly token?: string | (() => string | null) | undefined;
  readonly signal?: AbortSignal;
  /** What a page that is logged in by cookie sends with every change. */
  readonly csrf?: string;
}

export interface StatusAnswer extends Position {
  readonly status: Status;
  readonly server_time: string;
}

export interface LeaderboardAnswer extends Position {
  readonly total: number;
  readonly problems: readonly Problem[];
  readonly groups: readonly Group[];
  readonly rows: readonly SentRow[];
}

export interface TicketAnswer {
  readonly ticket: string;
  readonly expires_at: string;
  readonly path: string;
}

export function getTicket(contest: string, options: RestOptions): Promise<TicketAnswer> {
  return call<TicketAnswer>(contest, "ticket/", { ...options, body: {} });
}

export function getStatus(contest: string, options: RestOptions = {}): Promise<StatusAnswer> {
  return call<StatusAnswer>(contest, "status/", options);
}

/** `offset` and `limit` page through the board; `around` gives the rows around a participant instead. */
export function getLeaderboard(
  contest: string,
  where: { offset?: number; limit?: number; around?: string } = {},
  options: RestOptions = {},
): Promise<LeaderboardAnswer> {
  const query = new URLSearchParams(Object.entries(where).map(([name, value]) => [name, String(value)]));
  return call<LeaderboardAnswer>(contest, query.size > 0 ? `leaderboard/?${query}` : "leaderboard/", options);
}

function call<T>(contest: string, path: string, options: RestOptions & { body?: object }): Promise<T> {
  const method = options.body === undefined ? "GET" : "POST";
  return ask<T>(method, `contest/${encodeURIComponent(contest)}/${path}`, options, options.body);
}

/** `path` below /api/v1/; `body` an object for JSON, or bytes. Throws Refused; a line that is down is fetch's TypeError. */
export async function ask<T>(method: "GET" | "POST" | "DELETE", path: string, options: RestOptions, body?: object): Promise<T> {
  const origin = options.origin ?? location.origin;
  const token = typeof options.token === "function" ? options.token() : options.token;
  const headers = new Headers({ Accept: "application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (options.csrf !== undefined && method !== "GET") headers.set("X-CSRF-Token", options.csrf);
  const isBytes = body instanceof Blob;
  if (body !== undefined) headers.set("Content-Type", isBytes ? "application/octet-stream" : "application/json");
  const answer = await fetch(`${origin}/api/v1/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: isBytes ? body : JSON.stringify(body) }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (!answer.ok) throw await refusalOf(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function refusalOf(answer: Response): Promise<Refused> {
  const retryAfter = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  const retryAfterS = Number.isNaN(retryAfter) ? null : retryAfter;
  try {
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    return new Refused(answer.status, error.code, error.message, retryAfterS);
  } catch {
    return new Refused(answer.status, "answer.unreadable", `The server answered with ${answer.status}.`, retryAfterS);
  }
}
