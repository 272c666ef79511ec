/** What one is told when one's time changes: more or less of it, a pause over, a contest reopened or moved. Pure. */

import type { Status } from "@podium/client";
import type { Language } from "../lang/take.ts";
import { duration } from "../shared/times.ts";
import type { Turn } from "./calls.ts";
import { isPaused, ownTimeOf, ownWindow } from "./turns.ts";

export interface TimeNews {
  readonly title: string;
  readonly text: string;
  readonly isGood: boolean;
}

/** When my time ends, in contest seconds. */
export interface End {
  readonly ends_s: number;
  readonly isStarted: boolean;
}

/** Null: it cannot be said yet. */
export function endOf(status: Status | null, turn: Turn | null): End | null {
  if (status === null || turn === null) return null;
  const { ends_s } = ownWindow(status.duration_s, ownTimeOf(status), turn);
  return ends_s === null ? null : { ends_s, isStarted: turn.started_s !== null };
}

/** `hasOwnTime`: it runs from one's own start, which then moves the end without being news. */
export function newsOfEnd(words: Language, before: End | null, after: End | null, hasOwnTime: boolean, reason: string): TimeNews | null {
  if (before === null || after === null || (hasOwnTime && before.isStarted !== after.isStarted)) return null;
  const by = after.ends_s - before.ends_s;
  if (Math.abs(by) < 1) return null;
  const title = words.say(by > 0 ? "time.more" : "time.less", { time: duration(Math.abs(by)) });
  const text = [reason, words.say("time.end_now", { time: duration(after.ends_s) })].filter((part) => part !== "").join(" ");
  return { title, text, isGood: by > 0 };
}

/** `pausedAtMs`: since when the clock stood, server time; null: not known. */
export function newsOfStatus(words: Language, before: Status, after: Status, pausedAtMs: number | null): readonly TimeNews[] {
  const say = words.say.bind(words);
  const news: TimeNews[] = [];
  if (isPaused(before) && after.state === "ongoing" && !isPaused(after)) {
    const stood = pausedAtMs === null ? 0 : (Date.parse(after.clock.at ?? "") - pausedAtMs) / 1000;
    news.push({ title: say("time.goes_on"), text: say("time.stood", { time: duration(Math.max(0, stood)) }), isGood: true });
  }
  if (after.state === "ongoing" && (before.state === "ended" || before.state === "finalized")) {
    news.push({ title: say("time.reopened"), text: say("time.reopened_text"), isGood: true });
  }
  if (after.start_at !== before.start_at && (after.state === "scheduled" || after.state === "draft") && before.start_at !== null) {
    news.push({ title: say("time.start_moved"), text: "", isGood: false });
  }
  return news;
}
