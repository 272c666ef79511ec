/** Where a contest is on its line from draft to final, and what can be done with it now; what cannot says why. Pure. */

import type { Contest } from "../rest/contests.ts";

export const PHASES = ["draft", "scheduled", "running", "frozen", "ended", "thawed", "final"] as const;
export type Phase = (typeof PHASES)[number];

export const DEEDS = ["schedule", "start", "pause", "resume", "extend", "freeze", "end", "reopen", "thaw", "unthaw", "finalize"] as const;
export type DeedName = (typeof DEEDS)[number];

export interface Deed {
  readonly name: DeedName;
  /** Words that say why it cannot be done now; null: it can. */
  readonly why: string | null;
  readonly values: Readonly<Record<string, string | number>>;
  /** What most people want next. */
  readonly isNext: boolean;
  /** It cannot be taken back, or it ends people's work. */
  readonly isGrave: boolean;
}

/** What takes a deed back, where the rules allow it. */
export const UNDO: Partial<Record<DeedName, DeedName>> = { pause: "resume", thaw: "unthaw", end: "reopen" };

export function phaseOf(contest: Contest): Phase {
  switch (contest.state) {
    case "draft":
    case "scheduled":
      return contest.state;
    case "ongoing":
      return contest.frozen ? "frozen" : "running";
    case "ended":
      return contest.thawed_at === null ? "ended" : "thawed";
    case "finalized":
      return "final";
  }
}

/** Phases that this contest will not have: nothing is frozen, so nothing thaws. */
export function isSkipped(contest: Contest, phase: Phase): boolean {
  const isFreezing = contest.freeze_after_s !== null || contest.frozen_at !== null || contest.thawed_at !== null;
  return (phase === "frozen" || phase === "thawed") && !isFreezing;
}

const GRAVE: ReadonlySet<DeedName> = new Set(["end", "finalize"]);

/** What a server of the version before, which tells of no pauses, cannot do. */
export const NEWER: ReadonlySet<DeedName> = new Set(["pause", "resume", "extend", "reopen"]);

/** The deeds to show, in the order of the line: of pause and resume, thaw and unthaw, end and reopen the one that fits. */
export function deedsOf(contest: Contest, serverMs: number): readonly Deed[] {
  const next = nextOf(contest, serverMs);
  const shown: readonly DeedName[] = [
    "schedule", "start", contest.paused ? "resume" : "pause", "extend", "freeze",
    contest.state === "ended" || contest.state === "finalized" ? "reopen" : "end",
    contest.state === "ended" && contest.thawed_at !== null ? "unthaw" : "thaw", "finalize",
  ];
  return shown.map((name) => ({
    name,
    why: whyNot(name, contest, serverMs),
    values: name === "finalize" ? { count: contest.counts.unjudged } : {},
    isNext: name === next,
    isGrave: GRAVE.has(name),
  }));
}

export function isStartPassed(contest: Contest, serverMs: number): boolean {
  return contest.start_at !== null && Date.parse(contest.start_at) <= serverMs && !contest.rehearsal;
}

function nextOf(contest: Contest, serverMs: number): DeedName | null {
  switch (contest.state) {
    case "draft":
      return contest.start_at !== null && !isStartPassed(contest, serverMs) ? "schedule" : "start";
    case "scheduled":
      return "start";
    case "ongoing":
      return contest.paused ? "resume" : null;
    case "ended":
      if (contest.counts.unjudged > 0) return null;
      return contest.frozen ? "thaw" : "finalize";
    case "finalized":
      return contest.frozen ? "thaw" : null;
  }
}

function whyNot(name: DeedName, contest: Contest, serverMs: number): string | null {
  const { state } = contest;
  const isOver = state === "ended" || state === "finalized";
  const notRunning = isOver ? "why.over" : "why.not_started";
  switch (name) {
    case "schedule":
      if (state !== "draft") return "why.scheduled";
      return isStartPassed(contest, serverMs) ? "why.start_passed" : null;
    case "start":
      return state === "draft" || state === "scheduled" ? null : "why.started";
    case "pause":
    case "resume":
    case "end":
      return state === "ongoing" ? null : notRunning;
    case "extend":
      if (isOver) return "why.over_reopen";
      return state === "ongoing" ? null : "why.not_started";
    case "freeze":
      if (contest.frozen) return "why.frozen";
      return state === "ongoing" ? null : notRunning;
    case "reopen":
      return state === "ended" ? null : "why.final";
    case "thaw":
      if (!isOver) return "why.not_over";
      return contest.frozen ? null : "why.not_frozen";
    case "unthaw":
      return contest.thawed_at === null ? "why.not_frozen" : null;
    case "finalize":
      if (state === "finalized") return "why.final";
      if (!isOver) return "why.not_over";
      return contest.counts.unjudged > 0 ? "why.unjudged" : null;
  }
}
