/** One's own time on the contest's clock, as the server reckons it (protocol.md, turn.changed). */

import type { Status, Turn } from "./messages.ts";

/** Contest seconds. `begins_s` belongs to it, `ends_s` does not. Both null: one has to start first. */
export interface OwnWindow {
  readonly begins_s: number | null;
  readonly ends_s: number | null;
}

export function ownWindow(status: Pick<Status, "duration_s" | "own_time_s">, turn: Turn): OwnWindow {
  const { duration_s, own_time_s } = status;
  let start = 0;
  let total = duration_s;
  if (own_time_s !== null) {
    if (turn.started_s === null) return { begins_s: null, ends_s: null };
    start = turn.started_s;
    total = Math.max(0, Math.min(own_time_s, duration_s - turn.started_s));
  }
  const begins = start + turn.delay_s;
  return { begins_s: begins, ends_s: begins + total * turn.factor + turn.extra_s };
}
