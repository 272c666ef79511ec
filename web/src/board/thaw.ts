/**
 * Showing the results at a human pace: from the last place up, one hidden cell at a time, as at the World Finals.
 * Pure: a plan of steps from the board before and the board after; playing it is ceremony.svelte.ts's.
 */

import { compareMerit, compareText, inOrder, type Board, type Cell, type Row, type Scoring } from "@podium/client";
import { sameCell } from "./cells.ts";

export interface Step {
  /** The team and the problem that is shown. */
  readonly id: string;
  readonly label: string;
  /** The row after the step. */
  readonly row: Row;
  /** Index on the board before and after the step. */
  readonly from: number;
  readonly to: number;
}

export interface Plan {
  /** The board to begin with: the teams of the final board with the cells of the one before. */
  readonly start: Board;
  readonly steps: readonly Step[];
  readonly final: Board;
}

/** How many cells the change takes out of the dark. */
export function revealedCount(before: Board, after: Board): number {
  const old = new Map(before.rows.map((row) => [row.id, row]));
  let count = 0;
  for (const row of after.rows) {
    for (const [label, cell] of Object.entries(old.get(row.id)?.cells ?? {})) {
      if ((cell.num_pending ?? 0) > (row.cells[label]?.num_pending ?? 0)) count += 1;
    }
  }
  return count;
}

/** The steps from `before` to `after`. Law: after the last one the board is `after`, whatever the two are. */
export function plan(before: Board, after: Board, penaltyMin: number): Plan {
  const start = startOf(before, after);
  const finals = new Map(after.rows.map((row) => [row.id, row]));
  const hidden = new Map(start.rows.map((row) => [row.id, hiddenLabels(after, row, finals.get(row.id) as Row)]));
  const rows = [...start.rows];
  const steps: Step[] = [];
  let at = rows.length - 1;
  while (at >= 0) {
    const row = rows[at] as Row;
    const left = hidden.get(row.id) as string[];
    const label = left.shift();
    if (label === undefined) {
      at -= 1;
      continue;
    }
    const shown = shownRow(row, finals.get(row.id) as Row, label, left.length === 0, penaltyMin);
    rows.splice(at, 1);
    const to = placeFor(after.scoring, rows, shown);
    rows.splice(to, 0, shown);
    steps.push({ id: row.id, label, row: shown, from: at, to });
    at = Math.max(at, to);
  }
  return { start, steps, final: after };
}

/** The board after `steps` more steps. */
export function afterSteps(board: Board, steps: readonly Step[]): Board {
  const shown = new Map(steps.map((step) => [step.id, step.row]));
  return { ...board, rows: inOrder(board.scoring, board.rows.map((row) => shown.get(row.id) ?? row)) };
}

function startOf(before: Board, after: Board): Board {
  const old = new Map(before.rows.map((row) => [row.id, row]));
  const rows = after.rows.map((row) => {
    const was = old.get(row.id);
    if (was === undefined || hiddenLabels(after, was, row).length === 0) return row;
    const { solved, penalty_min, last_min, score, cells } = was;
    return { ...row, solved, penalty_min, last_min, score, cells };
  });
  return { ...after, rows: inOrder(after.scoring, rows) };
}

function hiddenLabels(board: Board, was: Row, final: Row): string[] {
  return board.problems.map((problem) => problem.label).filter((label) => !sameCell(was.cells[label], final.cells[label]));
}

function shownRow(row: Row, final: Row, label: string, isLast: boolean, penaltyMin: number): Row {
  // The last cell brings the row to what the ranker made of it, so that no rule of scoring need be repeated here to the minute.
  if (isLast) return { ...final, rank: row.rank };
  const cells = { ...row.cells };
  const was = row.cells[label];
  const now = final.cells[label];
  if (now === undefined) delete cells[label];
  else cells[label] = now;
  const gain = gained(was, now, penaltyMin);
  return {
    ...row,
    cells,
    solved: row.solved + gain.solved,
    penalty_min: row.penalty_min + gain.penalty_min,
    last_min: Math.max(row.last_min, gain.last_min),
    score: row.score + gain.score,
  };
}

function gained(was: Cell | undefined, now: Cell | undefined, penaltyMin: number): { solved: number; penalty_min: number; last_min: number; score: number } {
  const score = (now?.points ?? 0) - (was?.points ?? 0);
  if (was?.solved === true || now?.solved !== true) return { solved: 0, penalty_min: 0, last_min: 0, score };
  const minute = now.time_min ?? 0;
  const wrong = Math.max(0, (now.num_judged ?? 1) - 1);
  return { solved: 1, penalty_min: minute + wrong * penaltyMin, last_min: minute, score };
}

function placeFor(scoring: Scoring, rows: readonly Row[], row: Row): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rows[middle] as Row;
    const order = compareMerit(scoring, row, other) || compareText(row.name, other.name) || compareText(row.id, other.id);
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface Beat {
  /** How many steps are shown at once. */
  readonly steps: number;
  /** How long to wait before, in milliseconds. */
  readonly wait_ms: number;
}

/** No step shorter than a glide, or the eye sees nothing; none longer than people wait. */
const SHORTEST_MS = 450;
const LONGEST_MS = 2_500;

/**
 * When what is shown, so that the whole takes at most `total_ms`. If there are too many steps for one at a time, the early ones (the
 * lower end of the board) go in bundles during the first third, the last ones one by one.
 */
export function pace(count: number, total_ms: number): Beat[] {
  if (count === 0) return [];
  const each = total_ms / count;
  if (each >= SHORTEST_MS) return oneByOne(count, Math.min(each, LONGEST_MS));
  const single = Math.min(count, Math.floor(((2 / 3) * total_ms) / SHORTEST_MS));
  const bundles = Math.max(1, Math.floor(total_ms / 3 / SHORTEST_MS));
  return [...bundled(count - single, bundles), ...oneByOne(single, SHORTEST_MS)];
}

function oneByOne(count: number, wait_ms: number): Beat[] {
  return Array.from({ length: count }, () => ({ steps: 1, wait_ms }));
}

function bundled(count: number, bundles: number): Beat[] {
  const beats: Beat[] = [];
  for (let i = 0; i < bundles; i++) {
    const steps = Math.floor((count * (i + 1)) / bundles) - Math.floor((count * i) / bundles);
    if (steps > 0) beats.push({ steps, wait_ms: SHORTEST_MS });
  }
  return beats;
}
