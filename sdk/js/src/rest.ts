/** One call over HTTP, and the few that a follower needs. Every refusal is thrown as `Refused`; a line that is down as fetch's own TypeError. */

import type { Group, Position, Problem, SentRow, Status } from "./messages.ts";

/** A server that says nothing for this long is taken for away; what was asked may have been done. */
const PATIENCE_MS = 20_000;
const PATIENCE_WITH_FILES_MS = 120_000;

export interface Detail {
  readonly field: string;
  readonly message: string;
}

/** The server understood and said no. `code` is stable, `message` is for people, `details` name the members that are wrong. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterS: number | null;
  readonly details: readonly Detail[];

  constructor(status: number, code: string, message: string, retryAfterS: number | null = null, details: readonly Detail[] = []) {
    super(message);
    this.name = "Refused";
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
    this.details = details;
  }
}

/** Nothing came back, or nothing that Podium says: the server's turn will come. Whether the thing was done is not known. */
export function isAway(error: unknown): boolean {
  if (error instanceof Refused) return error.status >= 500 || error.status === 408 || error.status === 429 || error.code === "answer.unreadable";
  return error instanceof TypeError || error instanceof DOMException;
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

/** The messages of the sockets as JSON Schema. */
export function getProtocol(options: RestOptions = {}): Promise<Readonly<Record<string, unknown>>> {
  return ask("GET", "protocol/", options);
}

function call<T>(contest: string, path: string, options: RestOptions & { body?: object }): Promise<T> {
  const asking = options.body === undefined ? {} : { body: options.body };
  return ask<T>(options.body === undefined ? "GET" : "POST", `contest/${encodeURIComponent(contest)}/${path}`, options, asking);
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";
/** What is null or undefined is left out. */
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Asking {
  readonly query?: Query;
  /** An object for JSON, or bytes. */
  readonly body?: object;
  /** Of what was read: refused with 412 if somebody changed it since. */
  readonly version?: number | undefined;
  /** Asked while the page goes away. */
  readonly isLast?: boolean;
}

/** `path` below /api/v1/. Throws Refused; a line that is down is fetch's TypeError, a server that says nothing its DOMException. */
export async function ask<T>(method: Method, path: string, options: RestOptions, asking: Asking = {}): Promise<T> {
  const answer = await askRaw(method, path, options, asking);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** As `ask`, for an answer that is a file. */
export async function askRaw(method: Method, path: string, options: RestOptions, asking: Asking = {}): Promise<Response> {
  const origin = options.origin ?? location.origin;
  const { body, query, version, isLast } = asking;
  const token = typeof options.token === "function" ? options.token() : options.token;
  const headers = new Headers({ Accept: "application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (options.csrf !== undefined && method !== "GET") headers.set("X-CSRF-Token", options.csrf);
  if (version !== undefined) headers.set("If-Match", `"${version}"`);
  const isBytes = body instanceof Blob;
  if (body !== undefined) headers.set("Content-Type", isBytes ? body.type || "application/octet-stream" : "application/json");
  const patience = AbortSignal.timeout(isBytes || query?.["format"] !== undefined ? PATIENCE_WITH_FILES_MS : PATIENCE_MS);
  const answer = await fetch(`${origin}/api/v1/${path}${queryOf(query)}`, {
    method,
    headers,
    cache: "no-store",
    keepalive: isLast ?? false,
    signal: options.signal === undefined ? patience : AbortSignal.any([options.signal, patience]),
    ...(body === undefined ? {} : { body: isBytes ? body : JSON.stringify(body) }),
  });
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

function queryOf(query: Query = {}): string {
  const said = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  return said.length === 0 ? "" : `?${new URLSearchParams(said.map(([name, value]) => [name, String(value)]))}`;
}

async function refusalOf(answer: Response): Promise<Refused> {
  const retryAfter = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  const retryAfterS = Number.isNaN(retryAfter) ? null : retryAfter;
  try {
    const { error } = (await answer.json()) as { error: { code: string; message: string; details?: readonly Detail[] } };
    return new Refused(answer.status, error.code, error.message, retryAfterS, error.details);
  } catch {
    return new Refused(answer.status, "answer.unreadable", `The server answered with ${answer.status}.`, retryAfterS);
  }
}
