/** `verdictsAreTold` says what `tells` of contest/domain/audience.py does. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { verdictsAreTold } from "../src/feedback.ts";

void test("verdicts are told at once, once final, or never", () => {
  const final = "2026-11-24T16:00:00.000Z";
  const told = (["at_once", "after_end", "never"] as const).map((feedback) => [
    verdictsAreTold({ feedback, finalized_at: null }),
    verdictsAreTold({ feedback, finalized_at: final }),
  ]);
  assert.deepEqual(told, [[true, true], [false, true], [false, false]]);
});
