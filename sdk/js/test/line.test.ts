/** The small decisions about the line: places in a log, waits, close codes, the server's clock. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_MS, LONGEST_MS, waitMs } from "../src/backoff.ts";
import { contestTimeS, ServerClock } from "../src/clock.ts";
import { duty } from "../src/close_codes.ts";
import { FrameLog } from "../src/frame_log.ts";
import { caughtUp, have, place } from "../src/logs.ts";
import { isLogged, parseFrame, type BoardDelta, type ContestStatus, type LoggedFrame, type Status } from "../src/messages.ts";

const delta = (since: number, seq: number, epoch = "e"): BoardDelta => ({ type: "board.delta", log: "board:public", epoch, since, seq, rows: [], gone: [] });
const event = (seq: number, epoch = "e"): LoggedFrame => ({ type: "contest.status", log: "events:public", epoch, seq }) as ContestStatus;

test("a state frame applies to exactly what it is since", () => {
  const held = { epoch: "e", seq: 4 };
  assert.equal(place(held, delta(4, 9)), "take");
  assert.equal(place(held, delta(3, 4)), "old");
  assert.equal(place(held, delta(5, 6)), "gap");
  assert.equal(place(held, delta(3, 6)), "gap");
  assert.equal(place(held, delta(4, 5, "other")), "gap");
  assert.equal(place(undefined, delta(4, 5)), "gap");
});

test("an event is always the next one", () => {
  const held = { epoch: "e", seq: 4 };
  assert.equal(place(held, event(5)), "take");
  assert.equal(place(held, event(4)), "old");
  assert.equal(place(held, event(6)), "gap");
  assert.equal(place(held, event(1, "new")), "gap");
});

test("a snapshot is taken wherever one stands, and unknown types have a place too", () => {
  assert.equal(place({ epoch: "e", seq: 9 }, { type: "log.snapshot", log: "events:proctor", epoch: "f", seq: 0 }), "take");
  const unknown = parseFrame('{"type":"thing.happened","log":"events:public","epoch":"e","seq":5}');
  assert.ok(unknown !== null && isLogged(unknown));
  assert.equal(place({ epoch: "e", seq: 4 }, unknown), "take");
});

test("have names each log as the protocol writes it", () => {
  const positions = { "board:public": { epoch: "k3v9x0q2", seq: 41 }, "events:public": { epoch: "a81c22de", seq: 7 } };
  assert.equal(have(positions), "board:public@k3v9x0q2.41,events:public@a81c22de.7");
  assert.equal(have({}), "");
  assert.ok(caughtUp(positions, { "board:public": { epoch: "k3v9x0q2", seq: 41 } }));
  assert.ok(!caughtUp(positions, { "board:public": { epoch: "k3v9x0q2", seq: 42 } }));
  assert.ok(!caughtUp({}, positions));
});

test("waits double up to the longest, by full jitter", () => {
  assert.equal(waitMs(0, 0), 0);
  assert.ok(waitMs(0, 0.999) <= FIRST_MS);
  assert.equal(waitMs(3, 0.5), 2000);
  for (let attempt = 0; attempt < 2000; attempt += 7) assert.ok(waitMs(attempt, 0.999999) <= LONGEST_MS);
});

test("the range of a close code tells what to do", () => {
  for (const code of [1001, 1006, 1009, 1011, 4100, 4103]) assert.equal(duty(code), "come_back");
  for (const code of [4401, 4403]) assert.equal(duty(code), "new_ticket");
  for (const code of [1000, 1008, 4450, 4451]) assert.equal(duty(code), "stay_away");
});

test("the answer with the smallest round trip sets the clock", () => {
  const clock = new ServerClock();
  clock.told("2026-11-24T10:00:00.000Z", Date.parse("2026-11-24T09:00:00.000Z"));
  assert.equal(clock.offsetMs(), 3_600_000);
  clock.answered(1000, new Date(5000).toISOString(), 1400);
  assert.equal(clock.offsetMs(), 5000 + 200 - 1400);
  clock.answered(2000, new Date(6010).toISOString(), 2020);
  assert.equal(clock.offsetMs(), 6010 + 10 - 2020);
  clock.answered(3000, new Date(7100).toISOString(), 3900); // 800 of its 900 ms on the way back
  assert.equal(clock.offsetMs(), 6010 + 10 - 2020);
});

test("contest time runs with its rate, never below 0 nor, once over, beyond the end", () => {
  const at = "2026-11-24T10:00:00.000Z";
  const status = { state: "ongoing", duration_s: 100, clock: { at, contest_time_s: 10, rate: 2 } } as Status;
  const ms = Date.parse(at);
  assert.equal(contestTimeS(status, ms + 5_000), 20);
  assert.equal(contestTimeS(status, ms - 60_000), 0);
  assert.equal(contestTimeS(status, ms + 600_000), 1210);
  assert.equal(contestTimeS({ ...status, state: "ended" }, ms + 600_000), 100);
  assert.equal(contestTimeS({ ...status, clock: { at: null, contest_time_s: 0, rate: 0 } }, ms), null);
});

test("frames that are none are null, and the log of frames is bounded", () => {
  assert.equal(parseFrame("nonsense"), null);
  assert.equal(parseFrame("[1]"), null);
  assert.equal(parseFrame('{"no":"type"}'), null);
  const log = new FrameLog(2);
  for (const text of ["a", "b", "c"]) log.note(0, "frame", text);
  assert.deepEqual(log.notes().map((note) => note.text), ["b", "c"]);
});
