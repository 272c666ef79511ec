import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../src/clock.ts";

const SERVER = Date.parse("2026-11-24T10:00:00.000Z");
const HOUR = 3_600_000;
const at = (ms: number) => new Date(SERVER + ms).toISOString();

/** Asks at local `now`, with the server `ahead` of it; `rtt` milliseconds there and back. */
function ask(clock: ServerClock, now: number, ahead: number, rtt: number): void {
  clock.answered(SERVER + now, at(now + ahead + rtt / 2), SERVER + now + rtt);
}

test("of answers at the same time the quickest is believed", () => {
  const clock = new ServerClock();
  clock.told(at(480), SERVER);
  for (const rtt of [90, 8, 300]) ask(clock, rtt, 500, rtt);
  assert.equal(clock.offsetMs(), 500);
});

test("a slower answer is believed once the quick one is old: clocks drift", () => {
  const clock = new ServerClock();
  ask(clock, 0, 500, 8);
  ask(clock, 10 * 60_000, 530, 60);
  assert.equal(clock.offsetMs(), 530);
});

test("after a sleep in which the local clock stood still the first answer is believed, however slow", () => {
  const clock = new ServerClock();
  ask(clock, 0, 0, 8);
  ask(clock, 20, HOUR, 12);
  assert.equal(clock.offsetMs(), HOUR);
});

test("a hello after the sleep is enough, and the answers after it make it exact", () => {
  const clock = new ServerClock();
  ask(clock, 0, 0, 8);
  clock.told(at(HOUR + 10), SERVER + 30);
  assert.equal(clock.offsetMs(), HOUR - 20);
  ask(clock, 50, HOUR, 40);
  assert.equal(clock.offsetMs(), HOUR);
});

test("a heartbeat that was long on its way says nothing", () => {
  const clock = new ServerClock();
  ask(clock, 0, 500, 8);
  clock.told(at(500), SERVER + 9_000);
  assert.equal(clock.offsetMs(), 500);
});

test("a server whose clock was set back is believed", () => {
  const clock = new ServerClock();
  ask(clock, 0, 500, 8);
  ask(clock, 100, -5_000, 8);
  assert.equal(clock.offsetMs(), -5_000);
});
