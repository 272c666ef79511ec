/** How long to wait before coming back: full jitter, so that a hall that lost its line does not return as one. */

export const FIRST_MS = 500;
export const LONGEST_MS = 20_000;

/** Milliseconds before try `attempt` (0 is the first). `chance` is in [0, 1). */
export function waitMs(attempt: number, chance: number): number {
  return Math.round(chance * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 30)));
}
