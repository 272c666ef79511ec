/** What is typed is never lost: whatever the line does, the last of each question is what the server gets. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerQueue, type AnswerChanged, type AnswerQueueOptions, type Lock } from "../src/answer_queue.ts";
import type { AnswerValue, SavedNow, Saving } from "../src/contestant.ts";
import { MemoryDrafts } from "../src/drafts.ts";
import { Refused } from "../src/rest.ts";

/** A server that keeps one answer a question, as the real one: the last writer wins and is told whose work that replaced. */
class Server {
  readonly answers = new Map<string, { value: AnswerValue; version: number; device: string; saved_at: string }>();
  down = false;
  refusal: Refused | null = null;
  calls = 0;

  save = async (_: string, { question_id, value, base_version, device }: Saving): Promise<SavedNow> => {
    this.calls += 1;
    await new Promise((done) => setTimeout(done, 1));
    if (this.down) throw new TypeError("fetch failed");
    if (this.refusal !== null) throw this.refusal;
    const before = this.answers.get(question_id);
    const version = (before?.version ?? 0) + 1;
    this.answers.set(question_id, { value, version, device, saved_at: "now" });
    return { version, saved_at: "now", overwritten: before && base_version !== before.version ? before : null };
  };
}

function queue(
  server: Server,
  drafts = new MemoryDrafts<AnswerValue>(),
  onChange?: (change: AnswerChanged) => void,
  more: Partial<AnswerQueueOptions> = {},
): AnswerQueue {
  const told = onChange ? { onChange } : {};
  return new AnswerQueue({ attempt: "a", device: "desk", save: server.save, drafts, restMs: 1, latestMs: 5, ...told, ...more });
}

test("the last of each question is what the server has, and nothing is kept any more", async () => {
  const [server, drafts] = [new Server(), new MemoryDrafts<AnswerValue>()];
  const answers = queue(server, drafts);
  for (const text of ["h", "he", "hel"]) answers.write("A", text);
  answers.write("B", 7);
  assert.equal(answers.state("A"), "saving");
  assert.ok(await answers.flush());
  assert.deepEqual([server.answers.get("A")?.value, server.answers.get("B")?.value, server.calls], ["hel", 7, 2]);
  await answers.close();
  assert.deepEqual(await drafts.all(), []);
});

test("without a line it is kept here, also by a page that comes after, and sent when the line is back", async () => {
  const [server, drafts] = [new Server(), new MemoryDrafts<AnswerValue>()];
  server.down = true;
  const first = queue(server, drafts);
  first.write("A", "typed in the tunnel");
  assert.equal(await first.flush(), false);
  assert.equal(first.state("A"), "kept");
  await first.close();
  server.down = false;
  const second = queue(server, drafts);
  await second.load([]);
  assert.equal(second.value("A"), "typed in the tunnel");
  assert.ok(await second.flush());
  assert.equal(server.answers.get("A")?.value, "typed in the tunnel");
  await second.close();
});

test("what is typed while a save is under way is sent after it, from the version that it made", async () => {
  const server = new Server();
  const told: (SavedNow["overwritten"])[] = [];
  const answers = queue(server, new MemoryDrafts<AnswerValue>(), (change) => change.overwritten && told.push(change.overwritten));
  for (let i = 0; i < 30; i++) {
    answers.write("A", `text ${i}`);
    await new Promise((done) => setTimeout(done, i % 4));
  }
  assert.ok(await answers.flush());
  assert.equal(server.answers.get("A")?.value, "text 29");
  assert.deepEqual(told, [], "nobody else's work was replaced");
  await answers.close();
});

test("who replaces another device's work is told whose, and hears what others save only where nothing is on its way", async () => {
  const server = new Server();
  const told: AnswerChanged[] = [];
  const here = queue(server, new MemoryDrafts<AnswerValue>(), (change) => change.overwritten && told.push(change));
  const there = queue(server, new MemoryDrafts<AnswerValue>(), undefined, { device: "phone" });
  here.write("A", "mine");
  assert.ok(await here.flush());
  there.write("A", "theirs");
  assert.ok(await there.flush());
  here.write("A", "mine again");
  here.heard({ question_id: "A", value: "theirs", version: 2 });
  assert.equal(here.value("A"), "mine again");
  assert.ok(await here.flush());
  assert.deepEqual(told.map((change) => [change.overwritten?.value, change.overwritten?.device]), [["theirs", "phone"]]);
  there.heard({ question_id: "A", value: "mine again", version: 3 });
  assert.equal(there.value("A"), "mine again");
  await here.close();
  await there.close();
});

test("what the server does not take stays here, until there is time again", async () => {
  const [server, drafts] = [new Server(), new MemoryDrafts<AnswerValue>()];
  server.refusal = new Refused(409, "contest.not_running", "It is over.");
  const answers = queue(server, drafts);
  answers.write("A", "too late");
  assert.equal(await answers.flush(), false);
  assert.equal(answers.state("A"), "refused");
  assert.equal((await drafts.all()).length, 1);
  server.refusal = null;
  answers.wake();
  assert.equal(answers.state("A"), "refused", "a line that is back changes nothing about it");
  answers.retry();
  assert.ok(await answers.flush());
  assert.equal(server.answers.get("A")?.value, "too late");
  await answers.close();
});

test("what is no answer yet stays here and is not sent, and the last of it comes back", async () => {
  const [server, drafts] = [new Server(), new MemoryDrafts<string>()];
  const toValue = (_: string, typed: string) => (Number.isNaN(Number(typed)) ? undefined : Number(typed));
  const toTyped = (_: string, value: AnswerValue) => String(value);
  const page = () => new AnswerQueue<string>({ attempt: "a", device: "desk", save: server.save, drafts, toValue, toTyped, restMs: 1 });
  const first = page();
  first.write("A", "4.2e");
  assert.ok(await first.flush());
  assert.deepEqual([first.state("A"), server.calls], ["unfit", 0]);
  await first.close();
  const second = page();
  await second.load([{ question_id: "A", value: 4, version: 1 }]);
  assert.deepEqual([second.value("A"), second.state("A")], ["4.2e", "unfit"]);
  second.write("A", "4.2e1");
  assert.ok(await second.flush());
  assert.equal(server.answers.get("A")?.value, 42);
  await second.close();
});

test("a gateway's word is no refusal: it is kept, and sent when the server answers again", async () => {
  const server = new Server();
  server.refusal = new Refused(404, "answer.unreadable", "The server answered with 404.");
  const answers = queue(server);
  answers.write("A", "mine");
  assert.equal(await answers.flush(), false);
  assert.equal(answers.state("A"), "kept");
  answers.write("B", "typed while the line is down");
  assert.equal(answers.state("B"), "kept");
  server.refusal = null;
  assert.ok(await answers.flush());
  assert.deepEqual([...server.answers.keys()].sort(), ["A", "B"]);
  await answers.close();
});

/** As the browser's locks: who asks for a name waits for who asked before. */
function locks(): Lock {
  const last = new Map<string, Promise<unknown>>();
  return (name, run) => {
    const mine = (last.get(name) ?? Promise.resolve()).then(run, run);
    last.set(name, mine);
    return mine;
  };
}

test("two pages that share their drafts do not send the same", async () => {
  const [server, drafts, lock] = [new Server(), new MemoryDrafts<AnswerValue>(), locks()];
  const present = async (_: string, question: string) => ({ question_id: question, ...(server.answers.get(question) as { value: AnswerValue; version: number }) });
  server.down = true;
  const first = queue(server, drafts, undefined, { lock, present });
  first.write("A", "typed once");
  assert.equal(await first.flush(), false);
  const second = queue(server, drafts, undefined, { lock, present, device: "other tab" });
  await second.load([]);
  server.down = false;
  server.calls = 0;
  assert.deepEqual(await Promise.all([first.flush(), second.flush()]), [true, true]);
  assert.deepEqual([server.calls, server.answers.get("A")?.value], [1, "typed once"]);
  assert.deepEqual([first.state("A"), second.state("A")], ["saved", "saved"]);
  const told: AnswerChanged[] = [];
  const third = queue(server, drafts, (change) => change.overwritten && told.push(change), { lock, present });
  await third.load([await present("a", "A")]);
  third.write("A", "typed on");
  assert.ok(await third.flush());
  assert.deepEqual(told, []);
  for (const page of [first, second, third]) await page.close();
});

test("a page that goes away sends what waits, once more and for the last time", async () => {
  const server = new Server();
  const last: Saving[] = [];
  const answers = queue(server, new MemoryDrafts<AnswerValue>(), undefined, {
    restMs: 60_000,
    latestMs: 60_000,
    save: async (attempt, saving, isLast) => {
      if (isLast) last.push(saving);
      return server.save(attempt, saving);
    },
  });
  answers.write("A", "to the very last letter");
  answers.leaving();
  await answers.close();
  assert.deepEqual(last.map((saving) => saving.value), ["to the very last letter"]);
});

test("a page that goes away leaves what a slow store does not have yet, and a store that hangs keeps nothing from the server", async () => {
  const server = new Server();
  const left: AnswerValue[] = [];
  class Hanging extends MemoryDrafts<AnswerValue> {
    override keep = (): Promise<void> => new Promise(() => undefined);
    leaving = (unkept: readonly { readonly typed: AnswerValue }[]): void => void left.push(...unkept.map((one) => one.typed));
  }
  const answers = queue(server, new Hanging());
  for (const text of ["h", "he", "hel"]) answers.write("A", text);
  answers.leaving();
  assert.deepEqual(left, ["hel"]);
  await answers.flush();
  assert.equal(server.answers.get("A")?.value, "hel");
  await answers.close();
});
