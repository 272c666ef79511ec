/** The page's small decisions: what cells say, which rows stand in the document, what moves, keys, phases, stories. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inOrder, type Board, type Row, type Status } from "@podium/client";
import { faceOf } from "../src/board/cells.ts";
import { rankNews } from "../src/board/follows.ts";
import { glides, MOST_GLIDES } from "../src/board/glide.ts";
import { deedOf } from "../src/board/keys.ts";
import { layoutOf } from "../src/board/layout.ts";
import { optionsOf } from "../src/board/options.ts";
import { clockFace, phaseOf } from "../src/board/phase.ts";
import { MOST_SEEN, rankHistory, remember, type Seen } from "../src/board/story.ts";
import { inSight, pageStarts } from "../src/board/windowing.ts";
import { inkOn, luminance } from "../src/shared/colors.ts";
import { duration } from "../src/shared/times.ts";

test("a cell says what happened by kind and by text", () => {
  assert.equal(faceOf("icpc", undefined, "pending").kind, "none");
  assert.deepEqual(faceOf("icpc", { num_judged: 2, solved: true, time_min: 57 }, "pending"), { kind: "solved", main: "57", aside: "×2", tries: 2 });
  assert.equal(faceOf("icpc", { num_judged: 1, solved: true, time_min: 5, first_to_solve: true }, "pending").kind, "first");
  assert.equal(faceOf("icpc", { num_judged: 3 }, "pending").main, "−3");
  assert.deepEqual(faceOf("icpc", { num_judged: 3, num_pending: 1 }, "frozen"), { kind: "frozen", main: "3+1", aside: "", tries: 4 });
  assert.equal(faceOf("icpc", { num_pending: 1 }, "pending").kind, "pending");
  assert.equal(faceOf("icpc", { num_pending: 2 }, "frozen").main, "0+2");
  assert.deepEqual(faceOf("icpc", { num_pending: 2 }, "kept"), { kind: "kept", main: "2", aside: "", tries: 2 });
  assert.deepEqual(faceOf("ioi", { num_judged: 1, points: 33.333 }, "pending"), { kind: "partial", main: "33.33", aside: "", tries: 1 });
});

test("only rows in sight stand in the document", () => {
  assert.deepEqual(inSight(5000, 48, 0, 600), { first: 0, end: 21 });
  assert.deepEqual(inSight(5000, 48, 48_000, 600), { first: 992, end: 1021 });
  assert.deepEqual(inSight(3, 48, 10_000, 600), { first: 3, end: 3 });
  assert.deepEqual(inSight(0, 48, 0, 600), { first: 0, end: 0 });
  for (let top = -500; top < 300_000; top += 777) {
    const { first, end } = inSight(5000, 48, top, 2000);
    assert.ok(first >= 0 && end <= 5000 && end - first <= 60);
  }
});

test("pages cover every row once", () => {
  assert.deepEqual(pageStarts(30, 13), [0, 13, 26]);
  assert.deepEqual(pageStarts(0, 13), [0]);
  assert.deepEqual(pageStarts(2, 0), [0, 1]);
});

test("at most thirty rows glide, those with the longest way", () => {
  const ids = Array.from({ length: 80 }, (_, i) => `t${i}`);
  const before = new Map(ids.map((id, i) => [id, i]));
  const after = new Map(ids.map((id, i) => [id, i === 79 ? 0 : i + 1]));
  const moves = glides(ids, before, after);
  assert.equal(moves.length, MOST_GLIDES);
  assert.deepEqual(moves[0], { id: "t79", from: 79, to: 0 });
  assert.deepEqual(glides(["new"], before, new Map([["new", 3]])), []);
});

test("keys do nothing where people type, and Escape always works", () => {
  const press = { key: "j", hasModifier: false, isTyping: false, isOnButton: false, isThawing: false };
  assert.equal(deedOf(press), "next");
  assert.equal(deedOf({ ...press, isTyping: true }), null);
  assert.equal(deedOf({ ...press, hasModifier: true }), null);
  assert.equal(deedOf({ ...press, key: "Escape", isTyping: true }), "escape");
  assert.equal(deedOf({ ...press, key: " " }), null);
  assert.equal(deedOf({ ...press, key: " ", isThawing: true }), "thaw.pause");
  assert.equal(deedOf({ ...press, key: " ", isThawing: true, isOnButton: true }), null);
  assert.equal(deedOf({ ...press, key: "ArrowUp", isThawing: true }), "thaw.skip");
  assert.equal(deedOf({ ...press, key: "ArrowUp" }), "previous");
});

test("the address sets the mode, within bounds", () => {
  const options = optionsOf(new URL("http://a/board/c1?hall&thaw_s=1e9&page_s=x&frames=50"));
  assert.deepEqual([options.contest, options.mode, options.thaw_s, options.page_s, options.keepFrames], ["c1", "hall", 3600, 12, 50]);
  assert.equal(optionsOf(new URL("http://a/board/c1/")).mode, "desk");
});

test("the clock counts down to the start, then up, then stands", () => {
  const start = Date.parse("2026-11-24T10:00:00.000Z");
  const status = { state: "scheduled", start_at: "2026-11-24T10:00:00.000Z", duration_s: 18_000, frozen: false, clock: { at: null, contest_time_s: 0, rate: 0 } } as Status;
  assert.equal(clockFace(status, start - 61_500, null).figure, "\u22120:01:02");
  const running = { ...status, state: "ongoing", clock: { at: "2026-11-24T10:00:00.000Z", contest_time_s: 0, rate: 1 } } as Status;
  assert.deepEqual(clockFace(running, start, 9_000.9), { figure: "2:30:00", kind: "running", left_s: 8999.1, part: 9000.9 / 18_000 });
  assert.equal(clockFace({ ...running, state: "ended" }, start, 1).figure, "5:00:00");
  assert.equal(phaseOf(running), "phase.ongoing");
  assert.equal(phaseOf({ ...running, frozen: true }), "phase.frozen");
  assert.equal(phaseOf({ ...running, state: "finalized" }, true), "phase.thawing");
  assert.equal(phaseOf({ ...running, clock: { ...running.clock, rate: 0 } }), "phase.paused");
  assert.equal(duration(3599.99), "0:59:59");
});

test("a team's rank over time is that of the accepted runs so far", () => {
  const make = (id: string, times: Record<string, number>): Row => ({
    id, name: id, rank: null, group_ids: [], ranked: true, hidden: false, penalty_min: 0, last_min: 0, score: 0, external_id: null,
    solved: Object.keys(times).length,
    cells: Object.fromEntries(Object.entries(times).map(([label, time_min]) => [label, { num_judged: 1, solved: true, time_min }])),
  });
  const rows = inOrder("icpc", [make("x", { A: 10, B: 100 }), make("y", { A: 20 }), make("z", { A: 5 })]);
  const board: Board = { scoring: "icpc", problems: [], groups: [], rows };
  assert.deepEqual(rankHistory(board, "x", 20), [
    { minute: 0, rank: 1 }, { minute: 5, rank: 2 }, { minute: 10, rank: 2 }, { minute: 20, rank: 2 }, { minute: 100, rank: 1 },
  ]);
});

test("stories are bounded", () => {
  const one: Seen = { id: "x", at_s: 1, label: null, cell: null, rank: 1, isUp: true };
  assert.ok(remember(Array<Seen>(MOST_SEEN).fill(one), [one]).length <= MOST_SEEN);
});

test("only followed teams make news", () => {
  const was = [{ id: "a", name: "A", rank: 2 }, { id: "b", name: "B", rank: 1 }];
  const now = [{ id: "a", name: "A", rank: 1 }, { id: "b", name: "B", rank: 2 }];
  assert.deepEqual(rankNews(was, now, new Set(["a"])), [{ name: "A", rank: 1, isUp: true }]);
  assert.deepEqual(rankNews(was, now, new Set()), []);
});

test("ink can be read on every balloon", () => {
  for (const color of ["#ffffff", "#000000", "#e53935", "#fdd835", "#7b1fa2", "#777777"]) {
    const [high, low] = [luminance(color), luminance(inkOn(color))].sort((a, b) => b - a) as [number, number];
    assert.ok((high + 0.05) / (low + 0.05) >= 4.5, color);
  }
});

test("one line a row where the problems fit, two where not; the hall shows whole rows", () => {
  assert.equal(layoutOf("desk", 1280, 720, 11, 150).isNarrow, false);
  const phone = layoutOf("desk", 360, 780, 11, 150);
  assert.deepEqual([phone.isNarrow, phone.perStrip], [true, 6]);
  assert.equal(layoutOf("desk", 360, 780, 26, 150).perStrip, 7);
  const hall = layoutOf("hall", 1920, 1080, 11, 190);
  assert.ok((1080 - 190) % hall.rowHeight < hall.rowHeight / 4);
});
