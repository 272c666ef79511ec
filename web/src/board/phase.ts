/** What the clock shows and what the phase is called: from the status and the contest time. */

import type { Status } from "@podium/client";
import { duration } from "../shared/times.ts";

export type PhaseKey =
  | "phase.draft"
  | "phase.scheduled"
  | "phase.ongoing"
  | "phase.frozen"
  | "phase.paused"
  | "phase.ended"
  | "phase.ended_frozen"
  | "phase.thawing"
  | "phase.finalized";

/** `isThawing`: the page shows the results step by step; whatever the contest's state, they are not all seen yet. */
export function phaseOf(status: Status, isThawing = false): PhaseKey {
  if (isThawing) return "phase.thawing";
  switch (status.state) {
    case "draft":
      return "phase.draft";
    case "scheduled":
      return "phase.scheduled";
    case "ongoing":
      if (status.frozen) return "phase.frozen";
      return status.clock.rate === 0 && status.clock.at !== null ? "phase.paused" : "phase.ongoing";
    case "ended":
      return status.frozen ? "phase.ended_frozen" : "phase.ended";
    case "finalized":
      return "phase.finalized";
  }
}

export interface ClockFace {
  /** The big figure; empty if there is none to show. */
  readonly figure: string;
  readonly kind: "before" | "running" | "over" | "none";
  /** Seconds to the end; null unless it runs. */
  readonly left_s: number | null;
  /** How much of the contest is over, 0 to 1. */
  readonly part: number;
}

/** `serverMs`: the server's time now; `contestS`: contest seconds now, null while there is no start. */
export function clockFace(status: Status, serverMs: number, contestS: number | null): ClockFace {
  if (status.state === "draft" || status.state === "scheduled") {
    if (status.start_at === null) return { figure: "", kind: "none", left_s: null, part: 0 };
    const left = Math.max(0, Date.parse(status.start_at) - serverMs) / 1000;
    return { figure: `\u2212${duration(Math.ceil(left))}`, kind: "before", left_s: null, part: 0 };
  }
  const over = status.state !== "ongoing";
  const time = Math.min(contestS ?? 0, status.duration_s);
  return {
    figure: duration(over ? status.duration_s : time),
    kind: over ? "over" : "running",
    left_s: over ? null : status.duration_s - time,
    part: over ? 1 : time / status.duration_s,
  };
}
