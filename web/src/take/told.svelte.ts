/**
 * What a contestant is told and has not seen yet: announcements, answers to their questions, changes of their time. Each waits under the
 * clock until it was seen, also after a reload; what changed of the time is told once.
 */

import type { Announcement } from "@podium/client";
import type { Clarification } from "./calls.ts";

export interface Notice {
  readonly id: string;
  readonly kind: "announcement" | "answer" | "time";
  readonly title: string;
  readonly text: string;
  /** Milliseconds since 1970, the server's. */
  readonly at: number;
  readonly isGood?: boolean;
}

/** Owner: one contestant's page. Bound: announcements and clarifications of one contest, MOST_TIMES changes of time. */
export class Told {
  announcements: readonly Announcement[] = $state.raw([]);
  clarifications: readonly Clarification[] = $state.raw([]);
  times: readonly Notice[] = $state.raw([]);
  #seen: ReadonlySet<string> = $state.raw(new Set());
  readonly #key: string;

  constructor(owner: string) {
    this.#key = `podium.seen.${owner}`;
    this.#seen = remembered(this.#key);
  }

  isSeen(id: string): boolean {
    return this.#seen.has(id);
  }

  /** Seen here, or on this device before. */
  see(ids: readonly string[]): void {
    this.#seen = new Set([...this.#seen, ...ids]);
    this.times = this.times.filter((one) => !this.#seen.has(one.id));
    try {
      localStorage.setItem(this.#key, JSON.stringify([...this.#seen].slice(-MOST_SEEN)));
    } catch {
      // Without storage, what was seen is shown again after a reload.
    }
  }

  announce(announcement: Announcement): void {
    if (this.announcements.some((one) => one.id === announcement.id)) return;
    this.announcements = [...this.announcements, announcement].sort((a, b) => a.posted_at.localeCompare(b.posted_at));
  }

  /** Asked, answered, or answered anew. */
  clarify(one: Clarification): void {
    const others = this.clarifications.filter((other) => other.id !== one.id);
    this.clarifications = [...others, one].sort((a, b) => a.asked_at.localeCompare(b.asked_at));
  }

  timeChanged(notice: Notice): void {
    this.times = [...this.times, notice].slice(-MOST_TIMES);
  }
}

/** An answer that was mended is news again. */
export function answerId(one: Clarification): string {
  return `${one.id}@${one.answered_at ?? ""}`;
}

const MOST_TIMES = 3;
const MOST_SEEN = 1000;

function remembered(key: string): ReadonlySet<string> {
  try {
    return new Set(JSON.parse(localStorage.getItem(key) ?? "[]") as string[]);
  } catch {
    return new Set();
  }
}
