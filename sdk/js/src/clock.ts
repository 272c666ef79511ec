/** The server's time as seen from here, and contest time from it. All in milliseconds since 1970, unless the name says seconds. */

import type { Status } from "./messages.ts";

/** A monotonic clock that reads like Date.now(): a viewer who sets the wall clock does not move the contest. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/** How far two clocks part in a second, at most: 100 ppm, twice what the quartz of a cheap phone does. */
const DRIFT = 1e-4;

/**
 * The offset to the server's clock. An answer is known to half its round trip, less well as it ages; a later one that is as good takes its
 * place, and so does one that cannot be true beside it: the monotonic clock stood still (a sleep) or the server's was set.
 * Owner: one connection; rebuilt by asking again.
 */
export class ServerClock {
  #offsetMs = 0;
  #errorMs = Infinity;
  #since = 0;

  /** `hello` and heartbeats tell the time without a question: it was that early at least when they were sent. */
  told(serverTime: string, now: number): void {
    const offset = Date.parse(serverTime) - now;
    if (this.#errorMs === Infinity || offset > this.#offsetMs + this.#errorAt(now)) this.#set(offset, Infinity, now);
  }

  answered(asked: number, serverTime: string, now: number): void {
    const error = (now - asked) / 2;
    if (error < 0) return;
    const offset = Date.parse(serverTime) + error - now;
    const held = this.#errorAt(now);
    if (error <= held || Math.abs(offset - this.#offsetMs) > error + held) this.#set(offset, error, now);
  }

  /** After a sleep the monotonic clock may have stood still: what was learned before it is worth nothing. */
  forget(): void {
    this.#errorMs = Infinity;
  }

  offsetMs(): number {
    return this.#offsetMs;
  }

  #errorAt(now: number): number {
    return this.#errorMs + Math.max(0, now - this.#since) * DRIFT;
  }

  #set(offset: number, error: number, now: number): void {
    this.#offsetMs = offset;
    this.#errorMs = error;
    this.#since = now;
  }
}

/** Contest seconds at server time `serverMs`; null while the contest has no start (protocol.md, events.snapshot). */
export function contestTimeS(status: Status, serverMs: number): number | null {
  const { at, contest_time_s, rate } = status.clock;
  if (at === null) return null;
  const time = Math.max(0, contest_time_s + ((serverMs - Date.parse(at)) / 1000) * rate);
  const over = status.state === "ended" || status.state === "finalized";
  return over ? Math.min(time, status.duration_s) : time;
}
