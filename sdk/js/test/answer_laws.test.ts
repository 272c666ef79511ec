/**
 * Whatever the order of typing, saving, failing lines, reloads and other devices: what was typed last is stored, or kept here and shown as
 * such, or the page was told that another device was later. Never lost in silence, never stored as two versions in a row.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerQueue, type AnswerChanged, type AtServer, type Lock } from "../src/answer_queue.ts";
import type { AnswerValue, Overwritten, SavedNow, Saving } from "../src/contestant.ts";
import { MemoryDrafts } from "../src/drafts.ts";
import { Refused } from "../src/rest.ts";

const QUESTIONS = ["A", "B"];
const SEEDS = 150;
const STEPS = 40;

/** The same numbers for the same seed (mulberry32). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** As contest/store/answers.py: the last writer wins and is told whose work that replaced; what comes again is stored once. */
class Server {
  readonly stored = new Map<string, Overwritten[]>(QUESTIONS.map((question) => [question, []]));
  mode: "up" | "down" | "loses answers" | "refuses" = "up";

  readonly save = async (_: string, { question_id, value, base_version, device }: Saving): Promise<SavedNow> => {
    await pause(1);
    if (this.mode === "down") throw new TypeError("fetch failed");
    if (this.mode === "refuses") throw new Refused(409, "contest.not_running", "Not now.");
    const versions = this.stored.get(question_id) as Overwritten[];
    const before = versions.at(-1);
    const isAgain = before !== undefined && before.version > base_version && before.value === value;
    const replaced = isAgain ? versions.slice(0, -1) : versions;
    const overwritten = replaced.filter((one) => one.version > base_version && one.device !== device).at(-1) ?? null;
    if (!isAgain) versions.push({ value, version: versions.length + 1, device, saved_at: "now" });
    const version = versions.length;
    await pause(1);
    if (this.mode === "loses answers") throw new TypeError("the answer never came");
    return { version, saved_at: "now", overwritten };
  };

  readonly present = async (_: string, question_id: string): Promise<AtServer> => {
    await pause(1);
    if (this.mode === "down") throw new TypeError("fetch failed");
    return { question_id, ...(this.stored.get(question_id)?.at(-1) as Overwritten) };
  };

  paper(): AtServer[] {
    return QUESTIONS.flatMap((question_id) => (this.stored.get(question_id) ?? []).slice(-1).map((last) => ({ question_id, ...last })));
  }

  has(question: string, value: unknown): boolean {
    return this.stored.get(question)?.some((one) => one.value === value) ?? false;
  }
}

/** Pages of one browser share their drafts and its locks. */
class Browser {
  readonly drafts = new MemoryDrafts<AnswerValue>();
  readonly lastTyped = new Map<string, string>();
  readonly #last = new Map<string, Promise<unknown>>();

  readonly lock: Lock = (name, run) => {
    const mine = (this.#last.get(name) ?? Promise.resolve()).then(run, run);
    this.#last.set(name, mine);
    return mine;
  };
}

class Page {
  /** What the eyes see, by question. */
  readonly shown = new Map<string, AnswerValue>();
  /** Work that the page said was replaced: another device's by ours, or ours by theirs. */
  readonly told = new Set<AnswerValue>();
  queue: AnswerQueue;
  readonly server: Server;
  readonly browser: Browser;
  readonly device: string;
  #lives = 0;

  constructor(server: Server, browser: Browser, device: string) {
    [this.server, this.browser, this.device] = [server, browser, device];
    this.queue = this.#opened();
  }

  #opened(): AnswerQueue {
    const { save, present } = this.server;
    const { drafts, lock } = this.browser;
    const life = ++this.#lives;
    const onChange = (change: AnswerChanged): void => (life === this.#lives ? this.#changed(change) : undefined); // nobody sees a page that is gone
    return new AnswerQueue({ attempt: "a", device: this.device, save, present, drafts, lock, restMs: 2, latestMs: 6, onChange });
  }

  #changed({ question, typed, overwritten }: AnswerChanged): void {
    if (overwritten !== null) this.told.add(overwritten.value);
    const before = this.shown.get(question);
    if (before !== undefined && before !== typed) this.told.add(before);
    this.shown.set(question, typed);
  }

  type(question: string, text: string): void {
    this.shown.set(question, text);
    this.browser.lastTyped.set(question, text);
    this.queue.write(question, text);
  }

  async reload(): Promise<void> {
    await this.queue.close();
    this.shown.clear();
    this.queue = this.#opened();
    await this.queue.load(this.server.paper());
  }
}

async function lives(seed: number): Promise<void> {
  const chance = chances(seed);
  const server = new Server();
  const [hall, home] = [new Browser(), new Browser()];
  const pages = [new Page(server, hall, "hall, tab 1"), new Page(server, hall, "hall, tab 2"), new Page(server, home, "home")];
  try {
    await worked(server, pages, chance, (what) => `${what} (seed ${seed})`);
  } finally {
    for (const page of pages) await page.queue.close();
  }
}

type Say = (what: string) => string;

async function worked(server: Server, pages: readonly Page[], chance: () => number, say: Say): Promise<void> {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)] as T;
  for (let step = 0; step < STEPS; step++) {
    const page = pick(pages);
    const question = pick(QUESTIONS);
    const what = chance();
    if (what < 0.5) page.type(question, `${page.device} ${step}`);
    else if (what < 0.6) await page.reload();
    else if (what < 0.75) server.mode = pick(["up", "up", "down", "loses answers", "refuses"] as const);
    else if (what < 0.85) page.queue.wake();
    else if (what < 0.9) page.queue.retry();
    else if (what < 0.95) void page.queue.savedElsewhere(question, server.stored.get(question)?.length ?? 0);
    else for (const one of server.paper()) page.queue.heard(one);
    await pause(2 + Math.floor(chance() * 4)); // keystrokes in two pages have different times
    nothingIsLost(server, pages, await keptBy(pages), say);
  }
  await saved(server, pages, say);
}

/** The line is back for good: all have it, and have it once. */
async function saved(server: Server, pages: readonly Page[], say: Say): Promise<void> {
  server.mode = "up";
  const browsers = new Set(pages.map((page) => page.browser));
  for (const page of pages) page.queue.retry();
  assert.deepEqual(await Promise.all(pages.map((page) => page.queue.flush())), [true, true, true], say("everything is saved in the end"));
  for (const page of pages) for (const one of server.paper()) page.queue.heard(one);
  for (const one of server.paper()) {
    for (const page of pages) assert.deepEqual([page.queue.state(one.question_id), page.shown.get(one.question_id)], ["saved", one.value], say(page.device));
  }
  for (const browser of browsers) assert.deepEqual(await browser.drafts.all(), [], say("nothing is kept any more"));
  for (const [question, versions] of server.stored) {
    const again = versions.filter((one, at) => one.value === versions[at - 1]?.value);
    assert.deepEqual(again, [], say(`${question}: nothing is stored as two versions`));
    for (const browser of browsers) {
      const last = browser.lastTyped.get(question);
      if (last !== undefined) assert.ok(server.has(question, last), say(`"${last}" was stored`));
    }
  }
}

async function keptBy(pages: readonly Page[]): Promise<Map<Browser, Map<string, AnswerValue>>> {
  const kept = new Map<Browser, Map<string, AnswerValue>>();
  for (const { browser } of pages) kept.set(browser, new Map((await browser.drafts.all()).map((draft) => [draft.question_id, draft.typed])));
  return kept;
}

function nothingIsLost(server: Server, pages: readonly Page[], kept: Map<Browser, Map<string, AnswerValue>>, say: Say): void {
  for (const { queue, shown, device } of pages) {
    for (const [question, value] of shown) {
      assert.equal(queue.value(question), value, say(`${device} shows what it holds`));
      if (queue.state(question) === "saved") assert.ok(server.has(question, value), say(`${device}: "${String(value)}" is called saved and is`));
    }
  }
  for (const [browser, drafts] of kept) {
    for (const [question, last] of browser.lastTyped) {
      assert.ok(drafts.get(question) === last || server.has(question, last), say(`"${last}" is stored or kept`));
    }
  }
}

test("what was typed last is stored, or kept and shown so, or another device is said to have been later", { timeout: 30_000 }, async () => {
  await Promise.all(Array.from({ length: SEEDS }, (_, seed) => lives(seed + 1)));
});
