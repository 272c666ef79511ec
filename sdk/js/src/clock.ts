/** The server's time as seen from here, and contest time from it. All in milliseconds since 1970, unless the name says seconds. */

import type { Status } from "./messages.ts";

/** A monotonic clock that reads like Date.now(): a viewer who sets the wall clock does not move the contest. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * The offset to the server's clock: of all answers the one with the smallest round trip is nearest the truth.
 * Owner: one connection; rebuilt by asking again.
 */
export class ServerClock {
  #offsetMs = 0;
  #rttMs = Infinity;

  /** `hello` and heartbeats tell the time without a question: good until an answer came. */
  told(serverTime: string, now: number): void {
    if (this.#rttMs === Infinity) this.#offsetMs = Date.parse(serverTime) - now;
  }

  answered(asked: number, serverTime: string, now: number): void {
    const rtt = now - asked;
    if (rtt < 0 || rtt > this.#rttMs) return;
    this.#rttMs = rtt;
    this.#offsetMs = Date.parse(serverTime) + rtt / 2 - now;
  }

  /** After a sleep the monotonic clock may have stood still: what was learned before it is worth nothing. */
  forget(): void {
    this.#rttMs = Infinity;
  }

  offsetMs(): number {
    return this.#offsetMs;
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
