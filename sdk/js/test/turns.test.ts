/** `ownWindow` agrees with contest/domain/schedule.py on what tests/web/turn_vectors.py wrote. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Turn } from "../src/messages.ts";
import { ownWindow, type OwnWindow } from "../src/turns.ts";

interface Case {
  readonly duration_s: number;
  readonly own_time_s: number | null;
  readonly turn: Turn;
  readonly window: OwnWindow;
}

const cases = JSON.parse(readFileSync(new URL("./turn_vectors.json", import.meta.url), "utf8")) as Case[];

void test("own times are what the server reckons", () => {
  assert.ok(cases.length > 50);
  for (const each of cases) assert.deepEqual(ownWindow(each, each.turn), each.window);
});
