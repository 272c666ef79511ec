/**
 * One line to the server and its keeping: connect, watch, come back with jitter, renew the ticket, ask the time.
 * What frames mean for a board is feed.ts's.
 */

import { waitMs } from "./backoff.ts";
import { ServerClock, steadyNow } from "./clock.ts";
import { duty } from "./close_codes.ts";
import type { FrameLog } from "./frame_log.ts";
import { parseFrame, type FromClient, type FromServer, type Hello } from "./messages.ts";
import { Refused } from "./rest.ts";

/** Silence for longer means that the line is dead (protocol.md, heartbeat). */
export const SILENCE_MS = 60_000;
const WATCH_EVERY_MS = 5_000;
const CONTESTANT_BEATS_EVERY_MS = 25_000;
/** A line that lived this long was a good one: the next loss starts again with a short wait. */
const STEADY_AFTER_MS = 10_000;
/** Three questions at once find a quiet moment; later ones follow the drift of clocks (about 1 s a day, so rarely). */
const TIME_QUESTIONS = 3;
const ASK_AGAIN_EVERY_MS = 600_000;
/** A page that comes back to the front learns within this time whether its line still stands. */
const ANSWER_WITHIN_MS = 5_000;
const RENEW_AHEAD_MS = 30_000;
const RENEW_AGAIN_MS = 5_000;
const OUT_OF_STEP = 4103;
const SILENT = 4102;

/** What people are told about the line. Times are Date.now() milliseconds. */
export type Line =
  | { readonly state: "connecting" }
  | { readonly state: "catching_up" }
  | { readonly state: "live" }
  | { readonly state: "reconnecting"; readonly next_try_at: number }
  | { readonly state: "offline" }
  /** `status`: as HTTP has it; 0: the server closed the line for good. */
  | { readonly state: "refused"; readonly status: number; readonly code: string; readonly message: string }
  | { readonly state: "closed" };

export interface LineCalls {
  /** The address to connect to now: it carries the positions held. */
  readonly url: () => string;
  /** A fresh ticket; null for a public board that is watched without one. */
  readonly ticket: (() => Promise<string>) | null;
  /** Asks over HTTP why a handshake was refused, which a browser does not tell; throws Refused. */
  readonly probe: () => Promise<unknown>;
  readonly onHello: (hello: Hello) => void;
  readonly onFrame: (frame: FromServer) => void;
  readonly onLine: (line: Line) => void;
}

/** Owner: one feed. Holds one socket and a handful of timers; rebuilt by connecting. */
export class LineKeeper {
  readonly clock = new ServerClock();
  heardAt: number | null = null;
  #calls: LineCalls;
  #notes: FrameLog;
  #socket: WebSocket | null = null;
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #attempt = 0;
  #openedAt = 0;
  #greeted = false;
  #everGreeted = false;
  /** The browser said that the network is gone, and nothing was heard since; the socket is kept, it may outlive this. */
  #isDoubted = false;
  #retryAfterMs: number | null = null;
  #questionsLeft = 0;
  #ended = true;

  constructor(calls: LineCalls, notes: FrameLog) {
    this.#calls = calls;
    this.#notes = notes;
  }

  start(): void {
    this.#ended = false;
    if (typeof window !== "undefined") {
      window.addEventListener("online", this.#wake);
      window.addEventListener("offline", this.#doubt);
      document.addEventListener("visibilitychange", this.#wake);
    }
    this.#calls.onLine({ state: "connecting" });
    void this.#connect();
  }

  stop(line: Line = { state: "closed" }): void {
    this.#ended = true;
    if (typeof window !== "undefined") {
      window.removeEventListener("online", this.#wake);
      window.removeEventListener("offline", this.#doubt);
      document.removeEventListener("visibilitychange", this.#wake);
    }
    this.#drop(1000);
    this.#calls.onLine(line);
  }

  /** Do not wait any longer: try now. */
  now(): void {
    if (this.#isDoubted) this.#drop(SILENT);
    if (!this.#ended && this.#socket === null) void this.#connect();
  }

  /** What came does not fit what we hold: come back and say what we have. */
  outOfStep(): void {
    this.#drop(OUT_OF_STEP);
    this.#comeBack();
  }

  send(frame: FromClient): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  async #connect(): Promise<void> {
    this.#clearTimers();
    const protocols = ["podium.v1"];
    if (this.#calls.ticket !== null) {
      try {
        protocols.push(`podium.ticket.${await this.#calls.ticket()}`);
      } catch (error) {
        this.#failed(error);
        return;
      }
      if (this.#ended || this.#socket !== null) return;
    }
    const socket = new WebSocket(this.#calls.url(), protocols);
    this.#socket = socket;
    this.#greeted = false;
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event) => this.#heard(event.data);
    socket.onclose = (event) => this.#lost(event.code);
    // A handshake that hangs is found by the same watch as a line that fell silent.
    this.#watch(Date.now());
  }

  #opened(socket: WebSocket): void {
    this.#openedAt = Date.now();
    this.#notes.note(this.#openedAt, "open", socket.url);
  }

  #heard(data: unknown): void {
    this.heardAt = Date.now();
    if (typeof data !== "string") return;
    this.#notes.note(this.heardAt, "frame", data);
    if (this.#isDoubted) {
      this.#isDoubted = false;
      this.#calls.onLine({ state: "catching_up" });
    }
    const frame = parseFrame(data);
    if (frame === null) return;
    switch (frame.type) {
      case "hello":
        this.#welcomed(frame);
        return;
      case "heartbeat":
        this.clock.told(frame.server_time, steadyNow());
        return;
      case "time.told":
        this.clock.answered(frame.asked, frame.server_time, steadyNow());
        if (--this.#questionsLeft > 0) this.#askTime();
        return;
      case "ticket.renewed":
        this.#renewBefore(frame.renew_before);
        return;
      case "draining":
        this.#retryAfterMs = frame.reconnect_after_ms;
        return;
      default:
        this.#calls.onFrame(frame);
    }
  }

  #welcomed(hello: Hello): void {
    this.#greeted = true;
    this.#everGreeted = true;
    this.clock.told(hello.server_time, steadyNow());
    this.#questionsLeft = TIME_QUESTIONS;
    this.#askTime();
    this.#every(ASK_AGAIN_EVERY_MS, () => this.#askTime());
    if (hello.role === "contestant") this.#every(CONTESTANT_BEATS_EVERY_MS, () => this.send({ type: "heartbeat" }));
    if (hello.renew_before !== null) this.#renewBefore(hello.renew_before);
    this.#calls.onHello(hello);
    this.#calls.onLine({ state: "catching_up" });
  }

  #askTime(): void {
    this.send({ type: "time.ask", asked: steadyNow() });
  }

  #renewBefore(time: string): void {
    if (this.#calls.ticket === null) return;
    const serverNow = steadyNow() + this.clock.offsetMs();
    const left = Date.parse(time) - serverNow;
    this.#after(Math.max(0, left - RENEW_AHEAD_MS * (1 + Math.random())), () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const socket = this.#socket;
    try {
      const ticket = await this.#calls.ticket?.();
      if (ticket !== undefined && socket === this.#socket) this.send({ type: "ticket.renew", ticket });
    } catch {
      // The server closes with 4401 when the time is over, and then the reason comes out; until then, try again.
      if (socket === this.#socket && socket !== null) this.#after(RENEW_AGAIN_MS, () => void this.#renew());
    }
  }

  #watch(since: number): void {
    this.#every(WATCH_EVERY_MS, () => {
      if (Date.now() - Math.max(since, this.heardAt ?? 0) <= SILENCE_MS) return;
      this.#drop(SILENT);
      this.#comeBack();
    });
  }

  #wake = (): void => {
    if (document.visibilityState === "hidden" || this.#ended) return;
    if (this.#socket === null) {
      this.now();
    } else if (this.#greeted) {
      const asked = Date.now();
      this.clock.forget();
      this.#askTime();
      this.#after(ANSWER_WITHIN_MS, () => {
        if ((this.heardAt ?? 0) >= asked) return;
        this.#drop(SILENT);
        this.now();
      });
    }
  };

  #doubt = (): void => {
    if (this.#ended) return;
    this.#isDoubted = this.#greeted;
    this.#calls.onLine({ state: "offline" });
  };

  #lost(code: number): void {
    const [greeted, openedAt] = [this.#greeted, this.#openedAt];
    this.#drop(null);
    this.#notes.note(Date.now(), "close", String(code));
    if (this.#ended) return;
    const what = greeted || code >= 4000 ? duty(code) : "come_back";
    if (what === "stay_away" || (what === "new_ticket" && this.#calls.ticket === null)) {
      this.stop({ state: "refused", status: what === "new_ticket" ? 401 : 0, code: `close.${code}`, message: "" });
      return;
    }
    if (greeted) {
      if (Date.now() - openedAt > STEADY_AFTER_MS) this.#attempt = 0;
      this.#comeBack();
    } else if (this.#attempt % 4 === (this.#everGreeted ? 3 : 0)) {
      void this.#askWhy();
    } else {
      this.#comeBack();
    }
  }

  async #askWhy(): Promise<void> {
    try {
      await this.#calls.probe();
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (!this.#ended && this.#socket === null) this.#comeBack();
  }

  #failed(error: unknown): void {
    if (this.#ended || this.#socket !== null) return;
    if (error instanceof Refused && error.code !== "answer.unreadable") {
      if ([401, 403, 404].includes(error.status)) {
        this.stop({ state: "refused", status: error.status, code: error.code, message: error.message });
        return;
      }
      if (error.retryAfterS !== null) this.#retryAfterMs = error.retryAfterS * 1000 * (1 + Math.random());
    }
    this.#comeBack();
  }

  #comeBack(): void {
    const wait = this.#retryAfterMs ?? waitMs(this.#attempt, Math.random());
    this.#retryAfterMs = null;
    this.#attempt += 1;
    const isOffline = typeof navigator !== "undefined" && navigator.onLine === false;
    this.#calls.onLine(isOffline ? { state: "offline" } : { state: "reconnecting", next_try_at: Date.now() + wait });
    this.#after(wait, () => this.now());
  }

  /** Let go of the socket without waiting for the other end; a dead line would keep us for minutes. */
  #drop(code: number | null): void {
    this.#clearTimers();
    const socket = this.#socket;
    this.#socket = null;
    this.#greeted = false;
    this.#isDoubted = false;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (code !== null && socket.readyState <= WebSocket.OPEN) {
      socket.close(code);
      this.#notes.note(Date.now(), "close", String(code));
    }
  }

  #after(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }

  #every(ms: number, then: () => void): void {
    this.#timers.add(setInterval(then, ms));
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
