/**
 * The board as a value: rows in board order with ranks, and `apply`. The same rules as contest/domain/boards.py
 * (protocol.md, Board order and board.delta); test/vectors.json, written by that file, holds the two together.
 */

import type { BoardChange, Cell, Group, Problem, RowChange, Scoring, SentBoard, SentRow } from "./messages.ts";

/** One participant with nothing left out. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly rank: number | null;
  readonly group_ids: readonly string[];
  readonly ranked: boolean;
  readonly hidden: boolean;
  readonly solved: number;
  readonly penalty_min: number;
  readonly last_min: number;
  readonly score: number;
  readonly external_id: string | null;
  readonly cells: Readonly<Record<string, Cell>>;
}

/** A whole board. Invariant: `rows` are what `inOrder` makes of them. */
export interface Board {
  readonly scoring: Scoring;
  readonly problems: readonly Problem[];
  readonly groups: readonly Group[];
  readonly rows: readonly Row[];
}

const ABSENT: Row = {
  id: "",
  name: "",
  rank: null,
  group_ids: [],
  ranked: true,
  hidden: false,
  solved: 0,
  penalty_min: 0,
  last_min: 0,
  score: 0,
  external_id: null,
  cells: {},
};

/** A board as it came, with the left-out members put in. The server's order is kept: it is board order. */
export function wholeBoard(sent: SentBoard): Board {
  return { scoring: sent.scoring, problems: sent.problems, groups: sent.groups, rows: sent.rows.map(wholeRow) };
}

function wholeRow(sent: SentRow): Row {
  return { ...ABSENT, ...sent };
}

/** Unicode code point order; UTF-16 units differ from it where a surrogate meets U+E000 to U+FFFF. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return inCodePointOrder(x) - inCodePointOrder(y);
  }
  return a.length - b.length;
}

function inCodePointOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Negative if `a` is strictly better, 0 if they share a rank. */
export function compareMerit(scoring: Scoring, a: Row, b: Row): number {
  if (scoring === "ioi") return b.score - a.score;
  return b.solved - a.solved || a.penalty_min - b.penalty_min || a.last_min - b.last_min;
}

/** The rows in board order, each with its rank: one more than the number of ranked rows strictly better. */
export function inOrder(scoring: Scoring, rows: readonly Row[]): Row[] {
  const sorted = [...rows].sort((a, b) => compareMerit(scoring, a, b) || compareText(a.name, b.name) || compareText(a.id, b.id));
  let rank = 0;
  let rankedCount = 0;
  let last: Row | null = null;
  return sorted.map((row) => {
    if (!row.ranked) return row.rank === null ? row : { ...row, rank: null };
    rankedCount += 1;
    if (last === null || compareMerit(scoring, last, row) !== 0) rank = rankedCount;
    last = row;
    return row.rank === rank ? row : { ...row, rank };
  });
}

/** The board after `change`. Rows that did not change stay the same objects, unless their rank moved. */
export function apply(board: Board, change: BoardChange): Board {
  const rows = new Map(board.rows.map((row) => [row.id, row]));
  for (const id of change.gone) rows.delete(id);
  for (const rowChange of change.rows) rows.set(rowChange.id, changedRow(rows.get(rowChange.id), rowChange));
  const scoring = change.scoring ?? board.scoring;
  return {
    scoring,
    problems: change.problems ?? board.problems,
    groups: change.groups ?? board.groups,
    rows: inOrder(scoring, [...rows.values()]),
  };
}

function changedRow(row: Row | undefined, change: RowChange): Row {
  const base = row ?? ABSENT;
  const { cells, ...plain } = change;
  return { ...base, ...plain, cells: cells === undefined ? base.cells : changedCells(base.cells, cells) };
}

function changedCells(old: Row["cells"], changes: Readonly<Record<string, Cell | null>>): Row["cells"] {
  const kept: Record<string, Cell> = { ...old };
  for (const [label, cell] of Object.entries(changes)) {
    if (cell === null) delete kept[label];
    else kept[label] = cell;
  }
  return kept;
}
