/** The plan of the results: it ends at the final board, goes from the last place up, and keeps its time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inOrder, type Board, type Cell, type Row } from "@podium/client";
import { afterSteps, pace, plan, revealedCount } from "../src/board/thaw.ts";

const LABELS = ["A", "B", "C", "D"];

/** mulberry32: the same boards on each run. */
function dice(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function row(id: string, cells: Record<string, Cell>): Row {
  const solved = Object.values(cells).filter((cell) => cell.solved === true);
  return {
    id, name: `Team ${id}`, rank: null, group_ids: [], ranked: true, hidden: false, score: 0, external_id: null, cells,
    solved: solved.length,
    penalty_min: solved.reduce((sum, cell) => sum + (cell.time_min ?? 0) + 20 * ((cell.num_judged ?? 1) - 1), 0),
    last_min: Math.max(0, ...solved.map((cell) => cell.time_min ?? 0)),
  };
}

function board(rows: Row[]): Board {
  const problems = LABELS.map((label) => ({ id: label, label, name: label }));
  return { scoring: "icpc", problems, groups: [], rows: inOrder("icpc", rows) };
}

/** A frozen board and what comes of it: pending cells are judged, the others stay. */
function pair(seed: number, teams: number): [before: Board, after: Board] {
  const chance = dice(seed);
  const before: Row[] = [];
  const after: Row[] = [];
  for (let i = 0; i < teams; i++) {
    const frozen: Record<string, Cell> = {};
    const final: Record<string, Cell> = {};
    for (const label of LABELS) {
      const kind = chance();
      const judged = Math.floor(chance() * 3);
      if (kind < 0.3) frozen[label] = final[label] = { num_judged: judged + 1, solved: true, time_min: Math.floor(chance() * 240) };
      else if (kind < 0.7) {
        frozen[label] = { num_judged: judged, num_pending: 1 };
        final[label] = chance() < 0.5 ? { num_judged: judged + 1, solved: true, time_min: 240 + Math.floor(chance() * 60) } : { num_judged: judged + 1 };
      }
    }
    before.push(row(String(i), frozen));
    after.push(row(String(i), final));
  }
  return [board(before), board(after)];
}

test("after the last step the board is the final one, and each step is one hidden cell", () => {
  for (let seed = 0; seed < 60; seed++) {
    const [before, after] = pair(seed, 1 + (seed % 25));
    const made = plan(before, after, 20);
    assert.deepEqual(afterSteps(made.start, made.steps), after);
    assert.equal(made.steps.length, revealedCount(before, after));
    let shown = made.start;
    for (const step of made.steps) {
      const next = afterSteps(shown, [step]);
      assert.equal(shown.rows[step.from]?.id, step.id);
      assert.equal(next.rows[step.to]?.id, step.id);
      assert.equal(revealedCount(shown, next), 1);
      shown = next;
    }
  }
});

test("it goes from the last row up: below the place that is shown, nothing is hidden", () => {
  const [before, after] = pair(3, 30);
  const made = plan(before, after, 20);
  let shown = made.start;
  for (const step of made.steps) {
    const below = shown.rows.slice(step.from + 1);
    assert.ok(below.every((one) => Object.values(one.cells).every((cell) => (cell.num_pending ?? 0) === 0)));
    shown = afterSteps(shown, [step]);
  }
});

test("teams that came, went or were renamed with the thaw do not stop it", () => {
  const [before, after] = pair(5, 8);
  const changed = board([...after.rows.slice(2).map((one) => ({ ...one, name: `${one.name}!` })), row("new", { A: { num_judged: 1, solved: true, time_min: 3 } })]);
  const made = plan(before, changed, 20);
  assert.deepEqual(afterSteps(made.start, made.steps), changed);
});

test("the same board has no steps", () => {
  const [before] = pair(1, 10);
  assert.deepEqual(plan(before, before, 20).steps, []);
});

test("the pace shows every step within the time, the top one by one", () => {
  for (const count of [1, 2, 30, 200, 201, 5_000, 40_000]) {
    const beats = pace(count, 90_000);
    assert.equal(beats.reduce((sum, beat) => sum + beat.steps, 0), count);
    assert.ok(beats.reduce((sum, beat) => sum + beat.wait_ms, 0) <= 90_001);
    assert.equal(beats[beats.length - 1]?.steps, 1);
  }
  assert.deepEqual(pace(0, 90_000), []);
});

test("five thousand teams are planned without a wait", () => {
  const [before, after] = pair(9, 5_000);
  const started = performance.now();
  const made = plan(before, after, 20);
  assert.ok(made.steps.length > 5_000);
  assert.ok(performance.now() - started < 3_000);
});
