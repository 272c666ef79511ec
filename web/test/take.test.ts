/** The contestant's page's small decisions: whose turn it is, what an answer is, what the address brings, marks, keys, devices. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status, Submission } from "@podium/client";
import { credentialOf } from "../src/take/address.ts";
import type { Question, Turn } from "../src/take/calls.ts";
import { deviceName } from "../src/take/device.ts";
import { deedOf } from "../src/take/keys.ts";
import { around, markOf } from "../src/take/marks.ts";
import { ownWindow, turnNow } from "../src/take/turns.ts";
import { faultOf, numberOf, typedOf, valueOf } from "../src/take/typed.ts";

const TURN: Turn = { delay_s: 0, extra_s: 0, factor: 1, started_s: null, handed_in_at: null };
const START = "2026-11-24T10:00:00.000Z";
const RUNNING = { state: "ongoing", start_at: START, duration_s: 3600, clock: { at: START, contest_time_s: 0, rate: 1 } } as unknown as Status;
const ATTEMPT = { id: "a", started_at: START, handed_in_at: null };

test("one's own time is the contest's, longer by what one is given", () => {
  assert.deepEqual(ownWindow(3600, null, { ...TURN, delay_s: 60, extra_s: 300, factor: 1.5 }), { begins_s: 60, ends_s: 60 + 5400 + 300 });
  assert.deepEqual(ownWindow(3600, 1200, TURN), { begins_s: null, ends_s: null });
  assert.deepEqual(ownWindow(3600, 1200, { ...TURN, started_s: 3000 }), { begins_s: 3000, ends_s: 3600 }, "cut by the contest's end");
});

test("the page's stage follows the clock, the pause, the hand-in", () => {
  const at = (contest_s: number | null, status = RUNNING, turn = TURN, attempt: typeof ATTEMPT | null = ATTEMPT) =>
    turnNow(status, turn, attempt, Date.parse(START), contest_s);
  assert.equal(at(null, { ...RUNNING, state: "scheduled" }).stage, "before");
  assert.deepEqual(at(60), { stage: "running", left_s: 3540, part: 60 / 3600 });
  assert.equal(at(60, RUNNING, TURN, null).stage, "ready");
  assert.equal(at(60, RUNNING, { ...TURN, delay_s: 90 }).stage, "delayed");
  assert.equal(at(60, { ...RUNNING, clock: { ...RUNNING.clock, rate: 0 } }).stage, "paused");
  assert.equal(at(3600).stage, "spent");
  assert.equal(at(3600, RUNNING, { ...TURN, extra_s: 10 }).stage, "running");
  assert.equal(at(60, RUNNING, { ...TURN, handed_in_at: START }).stage, "handed_in");
  assert.equal(at(60, { ...RUNNING, state: "ended" }).stage, "over");
});

test("a number is a number in the reader's script, and nothing else is", () => {
  assert.deepEqual(["4,5", "\u2212 1.5", "1e3", "٣٫٥", "1 000"].map(numberOf), [4.5, -1.5, 1000, 3.5, 1000]);
  assert.deepEqual(["", "4,5x", "1e", "1e999", "1.2.3", "0x10"].map(numberOf), [null, null, null, null, null, null]);
});

test("what is typed becomes what is kept, and comes back", () => {
  const of = (kind: Question["kind"], body = {}) => ({ id: "q", kind, body }) as unknown as Question;
  assert.equal(valueOf({ kind: "numeric", text: "4," }), 4);
  assert.equal(valueOf({ kind: "numeric", text: "x" }), undefined);
  assert.equal(faultOf({ kind: "numeric", text: "x" }), "fault.number");
  assert.equal(faultOf({ kind: "code", source: "é".repeat(32_769), language: "c" }), "fault.long");
  for (const [question, value] of [
    [of("code"), { source: "x", language: "rust" }], [of("multiple_choice"), ["a"]], [of("numeric"), 0], [of("short_text"), "0"],
    [of("file"), { file_id: "f" }], [of("code"), null], [of("multiple_choice"), null],
  ] as const) {
    assert.deepEqual(valueOf(typedOf(question, value)), value);
  }
});

test("a link brings a code or a token, and an anchor brings nothing", () => {
  assert.deepEqual(credentialOf("#code=K7PX-2MQD-93WT"), { code: "K7PX-2MQD-93WT" });
  assert.deepEqual(credentialOf("#token=a.b.c"), { external_token: "a.b.c" });
  assert.deepEqual(["", "#", "#rules", "#code="].map(credentialOf), [null, null, null, null]);
});

test("what is not saved is marked before what was judged", () => {
  const judged = (verdict: string | null) => ({ verdict }) as Submission;
  assert.equal(markOf(true, false, [judged("AC")], true), "kept");
  assert.equal(markOf(true, true, [judged("AC"), judged("WA")], true), "right");
  assert.equal(markOf(true, true, [judged("WA"), judged(null)], true), "pending");
  assert.equal(markOf(true, true, [judged(null)], false), "answered", "a withheld verdict is nothing to wait for");
  assert.equal(markOf(true, true, [judged("WA")], false), "wrong", "until it is told");
  assert.equal(markOf(false, true, [], true), "empty");
});

test("around oneself there are as many rows as there can be", () => {
  const rows = [..."abcdefg"].map((id) => ({ id }));
  assert.deepEqual(around(rows, "a", 3).map((row) => row.id), ["a", "b", "c"]);
  assert.deepEqual(around(rows, "g", 3).map((row) => row.id), ["e", "f", "g"]);
  assert.deepEqual(around(rows, "x", 3), []);
});

test("letters do nothing where people type; submitting and leaving always work", () => {
  const press = { key: "j", isControl: false, isAlt: false, isTyping: false };
  assert.equal(deedOf(press), "next");
  assert.equal(deedOf({ ...press, isTyping: true }), null);
  assert.equal(deedOf({ ...press, key: "Enter", isControl: true, isTyping: true }), "submit");
  assert.equal(deedOf({ ...press, key: "Escape", isTyping: true }), "escape");
});

test("a device is called by what its owner sees", () => {
  assert.equal(deviceName("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "k3v9"), "Chrome, Linux (k3v9)");
  assert.equal(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "ab23"), "Safari, iOS (ab23)");
});
