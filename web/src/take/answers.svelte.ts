/**
 * The answers of one contestant as they are worked on: kept on this device at every keystroke, saved at the server soon after, and their
 * state always known. It decides when to save, what to do when that fails, and whose work is shown; how it looks is the components'.
 */

import { Refused } from "@podium/client";
import type { Calls, Overwritten, Question, Saved, Value } from "./calls.ts";
import { isAway } from "./door.ts";
import type { Drafts } from "./drafts.ts";
import { emptyOf, isSame, typedOf, valueOf, type Typed } from "./typed.ts";

/** After the last keystroke; and at the latest, for who does not stop typing. */
const REST_MS = 700;
const LATEST_MS = 4_000;
/** Timers may ring a little before the clock says so. */
const EARLY_MS = 20;
const AGAIN_FIRST_MS = 1_500;
const AGAIN_LONGEST_MS = 15_000;

/**
 * saved: the server has what stands here (or nothing does). typing, saving: on its way. kept: on this device until the line is back.
 * unfit: not an answer yet. late: the server takes no more; what was typed stays here. out: the log-in has ended; it stays here.
 */
export type SavedState = "saved" | "typing" | "saving" | "kept" | "unfit" | "late" | "out";

/** Owner: `Answers`, one a question. */
export class AnswerState {
  readonly question: Question;
  typed: Typed = $state.raw() as Typed;
  state: SavedState = $state("saved");
  /** Of the server's answer that `typed` was made from. */
  version = $state(0);
  saved_at: string | null = $state(null);
  /** What the server has, as far as known here. */
  atServer: Value = $state.raw(null);
  /** Another device's work that ours replaced; null once somebody chose. */
  overwritten: Overwritten | null = $state.raw(null);
  /** Another device's work that replaced ours here, and when it was saved. */
  taken: { device: string; saved_at: string; before: Typed } | null = $state.raw(null);
  /** What the server said against it. */
  complaint = $state("");
  /** Counts keystrokes: what comes back late changes nothing typed since. */
  strokes = 0;
  typedAt = 0;
  waitingSince = 0;
  dueAt = 0;

  constructor(question: Question, language: string | null) {
    this.question = question;
    this.typed = emptyOf(question, language);
  }

  /** What is sent; undefined: not an answer yet. */
  get value(): Value | undefined {
    return valueOf(this.typed);
  }
}

/** Owner: the page, one an attempt. Bound: one answer a question. Rebuilt from the paper and the drafts. */
export class Answers {
  readonly list: readonly AnswerState[] = [];
  readonly #of: ReadonlyMap<string, AnswerState>;
  readonly #attempt: string;
  readonly #calls: Calls;
  readonly #drafts: Drafts;
  readonly #device: string;
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #again: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #isSaving = false;
  #isEnded = false;

  /** What is the worst that can be said of all of them: what the one place on the page says. */
  overall: SavedState = $derived.by(() => {
    const order: readonly SavedState[] = ["out", "late", "kept", "unfit", "saving", "typing"];
    return order.find((state) => this.list.some((one) => one.state === state)) ?? "saved";
  });
  lastSavedAt: string | null = $derived(this.list.reduce<string | null>((last, one) => ((one.saved_at ?? "") > (last ?? "") ? one.saved_at : last), null));
  keptCount: number = $derived(this.list.filter((one) => one.state !== "saved").length);

  constructor(attempt: string, questions: readonly Question[], calls: Calls, drafts: Drafts, device: string, language: string | null) {
    this.#attempt = attempt;
    this.#calls = calls;
    this.#drafts = drafts;
    this.#device = device;
    this.list = questions.map((question) => new AnswerState(question, language));
    this.#of = new Map(this.list.map((one) => [one.question.id, one]));
  }

  of(question: string): AnswerState | undefined {
    return this.#of.get(question);
  }

  /** What the server has, and over it what this device kept and could not save. */
  async load(saved: readonly Saved[]): Promise<void> {
    for (const one of saved) this.#adopt(one);
    for (const draft of (await this.#drafts.all()).values()) {
      const answer = this.#of.get(draft.question_id);
      if (answer === undefined || answer.strokes > 0 || draft.typed.kind !== answer.question.kind) continue;
      if (isSame(valueOf(draft.typed), answer.atServer)) {
        void this.#drafts.drop(draft.question_id, draft.at);
        continue;
      }
      answer.typed = draft.typed;
      answer.version = draft.base_version;
      answer.typedAt = draft.at;
      answer.strokes += 1;
      this.#schedule(answer, 0);
    }
  }

  /** A keystroke, a tick, a language chosen. */
  type(answer: AnswerState, typed: Typed): void {
    answer.typed = typed;
    answer.taken = null;
    answer.complaint = "";
    answer.strokes += 1;
    answer.typedAt = Date.now();
    void this.#drafts.keep({ question_id: answer.question.id, typed, base_version: answer.version, at: answer.typedAt });
    this.#schedule(answer, REST_MS);
  }

  /** Take back what was replaced; what stands now can be had again in the same way. */
  takeOverwritten(answer: AnswerState): void {
    const { overwritten, typed: mine } = answer;
    if (overwritten === null) return;
    const value = valueOf(mine);
    this.type(answer, typedOf(answer.question, overwritten.value));
    answer.overwritten = value === undefined ? null : { ...overwritten, value, device: this.#device, saved_at: answer.saved_at ?? overwritten.saved_at };
  }

  /** Another device saved: shown at once where nothing is on its way from here. */
  async heard(question: string, version: number, device: string): Promise<void> {
    const answer = this.#of.get(question);
    if (answer === undefined || device === this.#device || version <= answer.version) return;
    let there: Saved;
    try {
      there = await this.#calls.answer(this.#attempt, question);
    } catch {
      return; // the next paper, or our own saving, tells
    }
    if (there.version <= answer.version || answer.state !== "saved") return;
    const before = answer.typed;
    this.#adopt(there);
    if (!isSame(valueOf(before), there.value)) answer.taken = { device, saved_at: there.saved_at, before };
  }

  /** The line is back, or somebody pressed "now". */
  now(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    this.#tries = 0;
    for (const one of this.list) if (one.state === "kept" || one.state === "out") this.#schedule(one, 0);
  }

  /** There is time again: an extension, or a contest that was opened once more. */
  goOn(): void {
    for (const one of this.list) if (one.state === "late") this.#schedule(one, 0);
  }

  /** The paper came again, after a time without a line. */
  refreshed(saved: readonly Saved[]): void {
    for (const one of saved) {
      const answer = this.#of.get(one.question_id);
      if (answer === undefined || answer.state !== "saved" || one.version <= answer.version) continue;
      const before = answer.typed;
      this.#adopt(one);
      if (!isSame(valueOf(before), one.value)) answer.taken = { device: "", saved_at: one.saved_at, before };
    }
  }

  /** What is typed and not saved goes on its last way while the page closes; the drafts stay either way. */
  leaving(): void {
    this.#drafts.leaving();
    for (const one of this.list) {
      const value = valueOf(one.typed);
      if ((one.state !== "typing" && one.state !== "kept") || value === undefined) continue;
      void this.#calls.save(this.#attempt, this.#body(one, value), true).catch(() => {});
    }
  }

  /** Everything that can be saved is, before work is handed in. True: the server has it all. */
  async settle(): Promise<boolean> {
    this.now();
    for (const one of this.list) if (one.state === "typing") this.#schedule(one, 0);
    for (let waited = 0; waited < 100; waited++) {
      if (this.list.every((one) => one.state === "saved" || one.state === "unfit")) return true;
      if (this.list.some((one) => one.state === "kept" || one.state === "out")) return false;
      await new Promise((done) => setTimeout(done, 100));
    }
    return false;
  }

  /** The log-in has ended, or the page goes to somebody else: nothing more is sent. */
  stop(isOut: boolean): void {
    this.#isEnded = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    clearTimeout(this.#again);
    if (isOut) for (const one of this.list) if (one.state !== "saved") one.state = "out";
  }

  #adopt(saved: Saved): void {
    const answer = this.#of.get(saved.question_id);
    if (answer === undefined) return;
    const name = answer.typed.kind === "file" ? answer.typed.name : "";
    const typed = typedOf(answer.question, saved.value);
    answer.typed = typed.kind === "file" && typed.name === "" ? { ...typed, name } : typed;
    answer.atServer = saved.value;
    answer.version = saved.version;
    answer.saved_at = saved.saved_at;
    answer.state = "saved";
  }

  #schedule(answer: AnswerState, after: number): void {
    if (this.#isEnded) return;
    if (answer.state !== "typing" && answer.state !== "saving") answer.waitingSince = Date.now();
    if (valueOf(answer.typed) === undefined) {
      answer.state = "unfit";
      return;
    }
    // While the line is down, "kept" stands; it is not for each keystroke to say otherwise.
    if (answer.state !== "kept" || after === 0) answer.state = "typing";
    if (this.#again !== undefined) {
      answer.state = "kept";
      return;
    }
    const wait = Math.max(0, Math.min(after, answer.waitingSince + LATEST_MS - Date.now()));
    answer.dueAt = Date.now() + wait;
    clearTimeout(this.#timers.get(answer.question.id));
    this.#timers.set(
      answer.question.id,
      setTimeout(() => void this.#run(), wait),
    );
  }

  /** One at a time: a hall of slow lines saves as fast as it can, and no faster. */
  async #run(): Promise<void> {
    if (this.#isSaving || this.#isEnded || this.#again !== undefined) return;
    this.#isSaving = true;
    try {
      for (let next = this.#due(); next !== undefined; next = this.#due()) if (!(await this.#save(next))) break;
    } finally {
      this.#isSaving = false;
    }
  }

  #due(): AnswerState | undefined {
    return this.list.find((one) => one.state === "typing" && Date.now() >= one.dueAt - EARLY_MS);
  }

  #body(answer: AnswerState, value: Value): { question_id: string; value: Value; base_version: number; device: string } {
    return { question_id: answer.question.id, value, base_version: answer.version, device: this.#device };
  }

  /** False: not now. */
  async #save(answer: AnswerState): Promise<boolean> {
    const value = valueOf(answer.typed);
    if (value === undefined) {
      answer.state = "unfit";
      return true;
    }
    const { strokes, typedAt } = answer;
    answer.state = "saving";
    try {
      const saved = await this.#calls.save(this.#attempt, this.#body(answer, value), false);
      this.#tries = 0;
      answer.version = saved.version;
      answer.saved_at = saved.saved_at;
      answer.atServer = value;
      if (saved.overwritten !== null && !isSame(saved.overwritten.value, value)) answer.overwritten = saved.overwritten;
      if (answer.strokes === strokes) {
        answer.state = "saved";
        await this.#drafts.drop(answer.question.id, typedAt);
      } else {
        answer.state = "typing";
        void this.#drafts.keep({ question_id: answer.question.id, typed: answer.typed, base_version: answer.version, at: answer.typedAt });
        answer.waitingSince = Date.now();
        this.#schedule(answer, REST_MS);
      }
      return true;
    } catch (error) {
      return this.#failed(answer, error);
    }
  }

  #failed(answer: AnswerState, error: unknown): boolean {
    if (!isAway(error) && error instanceof Refused) {
      if (error.status === 401) answer.state = "out";
      else if (error.status === 409) answer.state = "late";
      else {
        answer.state = "unfit";
        answer.complaint = error.message;
      }
      return true;
    }
    if (!isAway(error)) throw error;
    for (const one of this.list) if (one.state === "typing" || one.state === "saving") one.state = "kept";
    const told = error instanceof Refused ? error.retryAfterS : null;
    const wait = told !== null ? told * 1000 : Math.min(AGAIN_LONGEST_MS, AGAIN_FIRST_MS * 2 ** this.#tries);
    this.#tries += 1;
    clearTimeout(this.#again);
    this.#again = setTimeout(
      () => {
        this.#again = undefined;
        for (const one of this.list) if (one.state === "kept") this.#schedule(one, 0);
      },
      wait * (0.75 + Math.random() / 2),
    );
    return false;
  }
}
