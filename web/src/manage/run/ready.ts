/** What a contest still lacks before people can take part. Pure. */

import type { Section } from "../place.ts";
import type { Contest } from "../rest/contests.ts";

export interface Step {
  readonly words: string;
  readonly isDone: boolean;
  /** Without it a contest makes no sense; the others may be left. */
  readonly isNeeded: boolean;
  readonly section: Section;
}

export function stepsOf(contest: Contest): readonly Step[] {
  return [
    { words: "ready.questions", isDone: contest.counts.questions > 0, isNeeded: true, section: "questions" },
    { words: "ready.people", isDone: contest.counts.participants > 0, isNeeded: true, section: "people" },
    { words: "ready.start", isDone: contest.start_at !== null, isNeeded: false, section: "set-up" },
    { words: "ready.rules", isDone: contest.rules !== "", isNeeded: false, section: "set-up" },
  ];
}
