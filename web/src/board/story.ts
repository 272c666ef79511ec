/** A team's story: its rank over time, folded from the board, and the changes seen since the page was opened. */

import type { Board, Cell, Row } from "@podium/client";

/** One thing that happened to a row while we watched. */
export interface Seen {
  readonly id: string;
  /** Contest seconds; null before the start. */
  readonly at_s: number | null;
  readonly label: string | null;
  readonly cell: Cell | null;
  /** The rank after it, if it moved; `up`: it got better. */
  readonly rank: number | null;
  readonly isUp: boolean;
}

/** Entries kept for all teams together (about 100 bytes each); the oldest tenth goes when it is full. */
export const MOST_SEEN = 20_000;

/** What the change from `before` to `after` adds to the teams' stories. `cells`: the labels that changed, by row. */
export function seenIn(before: Board, after: Board, cells: ReadonlyMap<string, readonly string[]>, at_s: number | null): Seen[] {
  const old = new Map(before.rows.map((row) => [row.id, row]));
  const seen: Seen[] = [];
  for (const row of after.rows) {
    const was = old.get(row.id);
    if (was === undefined || was === row) continue;
    for (const label of cells.get(row.id) ?? []) {
      seen.push({ id: row.id, at_s, label, cell: row.cells[label] ?? null, rank: null, isUp: false });
    }
    if (row.rank !== null && was.rank !== null && row.rank !== was.rank) {
      seen.push({ id: row.id, at_s, label: null, cell: null, rank: row.rank, isUp: row.rank < was.rank });
    }
  }
  return seen;
}

/** `kept` with `more`, bounded. */
export function remember(kept: readonly Seen[], more: readonly Seen[]): Seen[] {
  const all = [...kept, ...more];
  return all.length > MOST_SEEN ? all.slice(all.length - MOST_SEEN * 0.9) : all;
}

export interface RankAt {
  readonly minute: number;
  readonly rank: number;
}

/**
 * The rank of a team at each minute at which it can have changed, folded from the accepted runs on the board (icpc only: an ioi
 * board does not tell when points came). `penaltyMin`: per rejected run.
 */
export function rankHistory(board: Board, id: string, penaltyMin: number): RankAt[] {
  const rows = board.rows.filter((row) => row.ranked);
  const mine = rows.find((row) => row.id === id);
  if (mine === undefined || board.scoring !== "icpc") return [];
  const minutes = new Set([0]);
  const runs = new Map(rows.map((row) => [row.id, accepted(row, penaltyMin)]));
  for (const list of runs.values()) for (const run of list) minutes.add(run.minute);
  const history: RankAt[] = [];
  for (const minute of sampled([...minutes].sort((a, b) => a - b), 120)) {
    const own = scoreAt(runs.get(id) ?? [], minute);
    let rank = 1;
    for (const list of runs.values()) if (isBetter(scoreAt(list, minute), own)) rank += 1;
    history.push({ minute, rank });
  }
  return history;
}

interface Run {
  readonly minute: number;
  readonly penalty: number;
}

type Score = readonly [solved: number, penalty: number, last: number];

function accepted(row: Row, penaltyMin: number): Run[] {
  const solved = Object.values(row.cells).filter((cell) => cell.solved === true);
  return solved.map((cell) => {
    const minute = cell.time_min ?? 0;
    return { minute, penalty: minute + Math.max(0, (cell.num_judged ?? 1) - 1) * penaltyMin };
  });
}

function scoreAt(runs: readonly Run[], minute: number): Score {
  let [solved, penalty, last] = [0, 0, 0];
  for (const run of runs) {
    if (run.minute > minute) continue;
    solved += 1;
    penalty += run.penalty;
    last = Math.max(last, run.minute);
  }
  return [solved, penalty, last];
}

function isBetter(a: Score, b: Score): boolean {
  return b[0] - a[0] || a[1] - b[1] || a[2] - b[2] ? (b[0] - a[0] || a[1] - b[1] || a[2] - b[2]) < 0 : false;
}

function sampled(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))] as number);
}
