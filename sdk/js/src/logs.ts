/** Where we stand in each log, and what a frame's place means for us: take it, drop it, or see that something is missing. */

import type { LoggedFrame, Position } from "./messages.ts";

export type Place = "take" | "old" | "gap";

export type Positions = Readonly<Record<string, Position>>;

/** What to do with a frame that belongs to a log (protocol.md, Frames). */
export function place(held: Position | undefined, frame: LoggedFrame): Place {
  if (frame.type.endsWith(".snapshot")) return "take";
  if (held === undefined || held.epoch !== frame.epoch) return "gap";
  if (frame.seq <= held.seq) return "old";
  const since = (frame as { since?: number }).since ?? frame.seq - 1;
  return since === held.seq ? "take" : "gap";
}

/** The value of the query parameter `have`; empty if nothing is held. */
export function have(positions: Positions): string {
  return Object.entries(positions)
    .map(([log, at]) => `${log}@${at.epoch}.${at.seq}`)
    .join(",");
}

/** True if every log has come to where the server said it stands. */
export function caughtUp(positions: Positions, stands: Positions): boolean {
  return Object.entries(stands).every(([log, at]) => {
    const held = positions[log];
    return held !== undefined && (held.epoch !== at.epoch || held.seq >= at.seq);
  });
}
