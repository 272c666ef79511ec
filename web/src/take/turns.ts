/** Whose turn it is, for the eyes of one contestant: the stage of the page and the seconds left. Pure: the status, one's turn, the time. */

import type { Status } from "@podium/client";
import type { Attempt, Turn } from "./calls.ts";

/**
 * before: nobody has begun. delayed: the others have. ready: I may start. running. paused: the clock stands. handed_in. spent: my own time
 * is over while the contest goes on. over: the contest has ended. final: and nothing will change.
 */
export type Stage = "before" | "delayed" | "ready" | "running" | "paused" | "handed_in" | "spent" | "over" | "final";

export interface Window {
  /** Contest seconds; null: one has to start first. */
  readonly begins_s: number | null;
  readonly ends_s: number | null;
}

export interface Now {
  readonly stage: Stage;
  /** Seconds to the start (before, delayed) or to one's end (running, paused); null where there are none to count. */
  readonly left_s: number | null;
  /** How much of one's own time is over, 0 to 1. */
  readonly part: number;
}

/** The same as contest/domain/schedule.py `own_window`: delay and extra time are added to what one has. */
export function ownWindow(duration_s: number, own_time_s: number | null, turn: Turn): Window {
  if (own_time_s !== null && turn.started_s === null) return { begins_s: null, ends_s: null };
  const started = own_time_s === null ? 0 : (turn.started_s ?? 0);
  const total = own_time_s === null ? duration_s : Math.max(0, Math.min(own_time_s, duration_s - started));
  const begins_s = started + turn.delay_s;
  return { begins_s, ends_s: begins_s + total * turn.factor + turn.extra_s };
}

/** How long one would have if one started now, in contest seconds. */
export function timeIfStarted(status: Status, own_time_s: number | null, turn: Turn, contest_s: number): number {
  const window = ownWindow(status.duration_s, own_time_s, { ...turn, started_s: contest_s });
  return (window.ends_s ?? 0) - Math.max(window.begins_s ?? 0, own_time_s === null ? contest_s : 0);
}

export function isPaused(status: Status): boolean {
  return status.state === "ongoing" && status.clock.at !== null && status.clock.rate === 0;
}

/** What a status says to contestants beyond what the board needs; servers of before leave it out. */
export interface ForContestants {
  readonly description?: string;
  readonly own_time_s?: number | null;
  readonly feedback?: "at_once" | "after_end" | "never";
}

export function toldIn(status: Status | null): ForContestants {
  return (status ?? {}) as ForContestants;
}

export function ownTimeOf(status: Status): number | null {
  return toldIn(status).own_time_s ?? null;
}

/** `server_ms`: the server's time; `contest_s`: contest seconds, null before there are any. */
export function turnNow(status: Status, turn: Turn, attempt: Attempt | null, server_ms: number, contest_s: number | null): Now {
  const handedIn = turn.handed_in_at !== null || (attempt !== null && attempt.handed_in_at !== null);
  if (status.state === "finalized") return { stage: "final", left_s: null, part: 1 };
  if (status.state === "ended") return { stage: "over", left_s: null, part: 1 };
  if (status.state !== "ongoing" || contest_s === null) {
    const left = status.start_at === null ? null : Math.max(0, (Date.parse(status.start_at) - server_ms) / 1000);
    return { stage: "before", left_s: left, part: 0 };
  }
  if (handedIn) return { stage: "handed_in", left_s: null, part: 1 };
  const rate = status.clock.rate > 0 ? status.clock.rate : 1;
  const window = ownWindow(status.duration_s, ownTimeOf(status), turn);
  if (window.begins_s === null || window.ends_s === null) {
    // Nothing can be started when nothing would be left.
    if (contest_s >= status.duration_s) return { stage: "spent", left_s: null, part: 1 };
    return { stage: isPaused(status) ? "paused" : "ready", left_s: null, part: 0 };
  }
  if (contest_s < window.begins_s) return { stage: "delayed", left_s: (window.begins_s - contest_s) / rate, part: 0 };
  const left_s = (window.ends_s - contest_s) / rate;
  if (left_s <= 0) return { stage: "spent", left_s: null, part: 1 };
  const part = Math.min(1, (contest_s - window.begins_s) / Math.max(1, window.ends_s - window.begins_s));
  if (isPaused(status)) return { stage: "paused", left_s, part };
  return { stage: attempt === null ? "ready" : "running", left_s, part };
}
