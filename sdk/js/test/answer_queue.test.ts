/** What is typed is never lost: whatever the line does, the last of each question is what the server gets. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerQueue, MemoryDrafts, type AnswerChanged } from "../src/answer_queue.ts";
import type { AnswerValue, SavedNow, Saving } from "../src/contestant.ts";
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

function queue(server: Server, drafts = new MemoryDrafts(), onChange?: (change: AnswerChanged) => void, device = "desk"): AnswerQueue {
  return new AnswerQueue({ attempt: "a", device, save: server.save, drafts, restMs: 1, latestMs: 5, ...(onChange ? { onChange } : {}) });
}

test("the last of each question is what the server has, and nothing is kept any more", async () => {
  const [server, drafts] = [new Server(), new MemoryDrafts()];
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
  const [server, drafts] = [new Server(), new MemoryDrafts()];
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
  const answers = queue(server, new MemoryDrafts(), (change) => change.overwritten && told.push(change.overwritten));
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
  const here = queue(server, new MemoryDrafts(), (change) => change.overwritten && told.push(change));
  const there = queue(server, new MemoryDrafts(), undefined, "phone");
  here.write("A", "mine");
  assert.ok(await here.flush());
  there.write("A", "theirs");
  assert.ok(await there.flush());
  here.write("A", "mine again");
  here.heard("A", "theirs", 2);
  assert.equal(here.value("A"), "mine again");
  assert.ok(await here.flush());
  assert.deepEqual(told.map((change) => [change.overwritten?.value, change.overwritten?.device]), [["theirs", "phone"]]);
  there.heard("A", "mine again", 3);
  assert.equal(there.value("A"), "mine again");
  await here.close();
  await there.close();
});

test("what the server does not take stays here, until there is time again", async () => {
  const [server, drafts] = [new Server(), new MemoryDrafts()];
  server.refusal = new Refused(409, "contest.not_running", "It is over.");
  const answers = queue(server, drafts);
  answers.write("A", "too late");
  assert.equal(await answers.flush(), false);
  assert.equal(answers.state("A"), "refused");
  assert.equal((await drafts.all()).length, 1);
  server.refusal = null;
  answers.wake();
  assert.ok(await answers.flush());
  assert.equal(server.answers.get("A")?.value, "too late");
  await answers.close();
});
