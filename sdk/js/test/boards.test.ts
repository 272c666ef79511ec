/** `apply` and `inOrder` agree with contest/domain/boards.py on what that file wrote (vectors.json), and hold their laws on chance boards. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { apply, compareMerit, compareText, inOrder, wholeBoard, type Row } from "../src/boards.ts";
import type { BoardChange, SentBoard } from "../src/messages.ts";

interface Case {
  readonly before: SentBoard;
  readonly delta: BoardChange;
  readonly after: SentBoard;
}

const cases = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url), "utf8")) as Case[];

test("apply makes of each step what Python makes of it", () => {
  assert.ok(cases.length >= 40);
  for (const { before, delta, after } of cases) assert.deepEqual(apply(wholeBoard(before), delta), wholeBoard(after));
});

test("ranks and order are Python's, from any order of the rows", () => {
  for (const { after } of cases) {
    const board = wholeBoard(after);
    const shuffled = [...board.rows].reverse().map((row) => ({ ...row, rank: 77 }));
    assert.deepEqual(inOrder(board.scoring, shuffled), board.rows);
  }
});

test("text is compared by code point", () => {
  const names = ["", "A", "AA", "a", "\u{e000}", "\u{ffee}", "\u{10000}", "\u{1f388}", "\u{1f389} x", "日", "日本"];
  for (const a of names) {
    for (const b of names) {
      const [x, y] = [[...a].map((c) => c.codePointAt(0) as number), [...b].map((c) => c.codePointAt(0) as number)];
      let expected = 0;
      for (let i = 0; i < Math.max(x.length, y.length) && expected === 0; i++) expected = (x[i] ?? -1) - (y[i] ?? -1);
      assert.equal(Math.sign(compareText(a, b)), Math.sign(expected), `${a} and ${b}`);
    }
  }
});

test("a rank is one more than the number of ranked rows strictly better", () => {
  for (const { after } of cases) {
    const { scoring, rows } = wholeBoard(after);
    for (const row of inOrder(scoring, rows)) {
      const better = rows.filter((other) => other.ranked && compareMerit(scoring, other, row) < 0).length;
      assert.equal(row.rank, row.ranked ? better + 1 : null);
    }
  }
});

test("rows that did not change stay the same objects", () => {
  const rows: Row[] = inOrder("icpc", ["a", "b", "c"].map((id, i) => ({ ...blank, id, name: id, solved: 3 - i })));
  const board = { scoring: "icpc", problems: [], groups: [], rows } as const;
  const next = apply(board, { rows: [{ id: "c", penalty_min: 5 }], gone: [] });
  assert.equal(next.rows[0], rows[0]);
  assert.equal(next.rows[1], rows[1]);
  assert.notEqual(next.rows[2], rows[2]);
});

const blank: Row = {
  id: "", name: "", rank: null, group_ids: [], ranked: true, hidden: false, solved: 0, penalty_min: 0, last_min: 0, score: 0, external_id: null, cells: {},
};
