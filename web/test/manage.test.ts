/** The organiser's pages: where one is, what can be done with a contest, two who change one thing, durations, order, marks, diagrams. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import { deedsOf, isSkipped, phaseOf } from "../src/manage/contest/phases.ts";
import { sumOf, toggled, verdictOf } from "../src/manage/grading/marks.ts";
import { fromLocal, parseDuration, showDuration, toLocal } from "../src/manage/parts/durations.ts";
import { changed, merge } from "../src/manage/parts/merge.ts";
import { hrefOf, placeOf } from "../src/manage/place.ts";
import { freeId, lacksOf, moved, nextLabel } from "../src/manage/questions/kinds.ts";
import type { Contest } from "../src/manage/rest/contests.ts";
import type { Written } from "../src/manage/rest/questions.ts";
import { draw } from "../src/manage/run/spark.ts";

const ID = "0193577c-1111-7c11-8b7e-000000000001";
const NOW = Date.parse("2026-11-24T12:00:00Z");

function contest(members: Partial<Contest> = {}): Contest {
  const counts = { participants: 3, questions: 2, submissions: 0, unjudged: 0 };
  return {
    id: ID, state: "draft", start_at: null, frozen: false, frozen_at: null, thawed_at: null, freeze_after_s: 3600, paused: false, pauses: [],
    rehearsal: false, counts, ...members,
  } as unknown as Contest;
}

const open = (one: Contest) => deedsOf(one, NOW).filter((deed) => deed.why === null).map((deed) => deed.name);
const next = (one: Contest) => deedsOf(one, NOW).find((deed) => deed.isNext)?.name ?? null;

test("an address is a place and a place an address", () => {
  for (const path of ["/manage/", "/manage/staff/", "/manage/keys/", `/manage/contests/${ID}/`, `/manage/contests/${ID}/people/`])
    assert.equal(hrefOf(placeOf(path)), path);
  assert.deepEqual(placeOf("/manage"), { at: "contests" });
  for (const path of ["/manage/x/", "/manage/contests/", "/manage/contests/1/", `/manage/contests/${ID}/x/`, `/manage/contests/${ID}/people/2/`])
    assert.deepEqual(placeOf(path), { at: "nowhere" }, path);
});

test("what can be done follows the state, and what cannot says why", () => {
  assert.deepEqual(open(contest()), ["schedule", "start"]);
  assert.equal(next(contest()), "start");
  assert.equal(next(contest({ start_at: "2026-11-25T12:00:00Z" })), "schedule");
  assert.deepEqual(open(contest({ start_at: "2026-11-23T12:00:00Z" })), ["start"]);
  const running = contest({ state: "ongoing" });
  assert.deepEqual(open(running), ["pause", "extend", "freeze", "end"]);
  assert.deepEqual(open({ ...running, paused: true }), ["resume", "extend", "freeze", "end"]);
  assert.equal(next({ ...running, paused: true }), "resume");
  const over = contest({ state: "ended", frozen: true, frozen_at: "2026-11-24T11:00:00Z" });
  assert.deepEqual(open(over), ["reopen", "thaw", "finalize"]);
  assert.equal(next(over), "thaw");
  const ungraded = { ...over, counts: { ...over.counts, unjudged: 2 } };
  assert.equal(next(ungraded), null);
  assert.deepEqual(deedsOf(ungraded, NOW).find((deed) => deed.name === "finalize"), {
    name: "finalize", why: "why.unjudged", values: { count: 2 }, isNext: false, isGrave: true,
  });
  const thawed = contest({ state: "ended", thawed_at: "2026-11-24T11:30:00Z" });
  assert.deepEqual(open(thawed), ["reopen", "unthaw", "finalize"]);
  assert.deepEqual(open(contest({ state: "finalized" })), []);
  for (const deed of deedsOf(contest({ state: "finalized" }), NOW)) assert.ok(deed.why?.startsWith("why."), deed.name);
});

test("a contest stands at one phase of the line", () => {
  assert.equal(phaseOf(contest({ state: "ongoing", frozen: true })), "frozen");
  assert.equal(phaseOf(contest({ state: "ended", thawed_at: "2026-11-24T11:30:00Z" })), "thawed");
  assert.equal(isSkipped(contest({ freeze_after_s: null }), "frozen"), true);
  assert.equal(isSkipped(contest(), "frozen"), false);
});

test("two who change different things both keep theirs; who change the same are shown both", () => {
  const base = { title: "Open", rules: "", hours: 5, tags: ["a"] };
  const mine = { ...base, title: "Spring Open" };
  assert.deepEqual(merge(base, mine, { ...base, rules: "No phones" }), {
    values: { ...base, title: "Spring Open", rules: "No phones" }, clashes: [], taken: ["rules"],
  });
  assert.deepEqual(merge(base, mine, { ...base, title: "Autumn Open" }).clashes, ["title"]);
  assert.deepEqual(merge(base, mine, { ...base, title: "Spring Open" }).clashes, []);
  assert.deepEqual(changed(base, { ...base, tags: ["a"] }), {});
  assert.deepEqual(changed(base, { ...base, tags: ["b"] }), { tags: ["b"] });
});

test("durations are read as people write them", () => {
  const read: readonly (readonly [string, number | null])[] = [
    ["5:00", 18_000], ["1:30:15", 5415], ["90", 5400], ["90 min", 5400], ["2h", 7200], ["1h30", 5400], ["45s", 45], ["", null], ["soon", null],
    ["1:75", null], ["-5", null],
  ];
  for (const [text, seconds] of read) assert.equal(parseDuration(text), seconds, text);
  for (const seconds of [0, 60, 5400, 18_000, 86_400, 5415]) assert.equal(parseDuration(showDuration(seconds)), seconds);
  assert.equal(fromLocal(toLocal("2026-11-24T12:00:00.000Z")), "2026-11-24T12:00:00.000Z");
  assert.equal(fromLocal(""), null);
});

test("questions get the next label, and moving one changes only the positions that move", () => {
  assert.equal(nextLabel([]), "A");
  assert.equal(nextLabel(["A", "B"]), "C");
  assert.equal(nextLabel(["1", "2"]), "3");
  assert.equal(nextLabel(Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at))), "A1");
  assert.equal(freeId(["a", "c"]), "b");
  const items = ["a", "b", "c", "d"].map((id, position) => ({ id, position }));
  assert.deepEqual(moved(items, 2, 1).map(([one, to]) => [one.id, to]), [["c", 1], ["b", 2]]);
  assert.deepEqual(moved(items, 1, 1), []);
  const choice = { kind: "multiple_choice", statement: "x", body: { options: [{ id: "a", text: "1" }, { id: "b", text: "" }] }, answer_key: { right: [] } };
  assert.deepEqual(lacksOf(choice as unknown as Written), ["lacks.options", "lacks.right"]);
});

test("a rubric adds up, and all points are right", () => {
  const rubric = [{ id: "a", text: "", points: 2 }, { id: "b", text: "", points: 0.1 }, { id: "c", text: "", points: 0.2 }];
  assert.equal(sumOf(rubric, { a: 2, b: 0.1, c: 0.2 }), 2.3);
  assert.deepEqual(toggled(toggled({}, rubric[0] as (typeof rubric)[0]), rubric[0] as (typeof rubric)[0]), { a: 0 });
  assert.equal(verdictOf(2.3, 2.3), "AC");
  assert.equal(verdictOf(2, 2.3), "WA");
});

test("a diagram ends at a round number", () => {
  assert.equal(draw([0, 7, 3], 100, 50).top, 10);
  assert.equal(draw([], 100, 50).line, "");
  assert.equal(draw([0, 10], 100, 50).line, "M0.0 50.0L100.0 0.0");
});

test("both languages have the same words, with the same values in them", () => {
  const words = (code: string) => JSON.parse(readFileSync(new URL(`../src/lang/manage.${code}.json`, import.meta.url), "utf8")) as Record<string, string>;
  const [en, ar] = [words("en"), words("ar")];
  assert.deepEqual(Object.keys(ar).sort(), Object.keys(en).sort());
  const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
  const free = new Set(["count"]);
  for (const [key, text] of Object.entries(en))
    assert.deepEqual(values(ar[key] ?? "").filter((one) => !free.has(one ?? "")), values(text).filter((one) => !free.has(one ?? "")), key);
});
