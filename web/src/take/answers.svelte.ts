/**
 * The answers of one contestant as they are worked on, for the eyes: what stands in each field, how safe it is, whose work was replaced.
 * Keeping and saving is `AnswerQueue`'s; how it looks is the components'.
 */

import { AnswerQueue, IndexedDrafts, webLock, type AnswerChanged } from "@podium/client";
import type { Calls, Overwritten, Question, Saved, Value } from "./calls.ts";
import { emptyOf, isSame, typedOf, valueOf, type Typed } from "./typed.ts";

/**
 * saved: the server has what stands here (or nothing does). saving: on its way. kept: on this device until the line is back. unfit: not an
 * answer, or the server says so. late: the server takes no more; what was typed stays here. out: the log-in has ended; it stays here.
 */
export type SavedState = "saved" | "saving" | "kept" | "unfit" | "late" | "out";

/** Owner: `Answers`, one a question. */
export class AnswerState {
  readonly question: Question;
  typed: Typed = $state.raw() as Typed;
  state: SavedState = $state("saved");
  saved_at: string | null = $state(null);
  /** Another device's work that ours replaced; null once somebody chose. */
  overwritten: Overwritten | null = $state.raw(null);
  /** Another device's work that replaced ours here, and when it was saved. */
  taken: { device: string; saved_at: string; before: Typed } | null = $state.raw(null);
  /** What the server said against it. */
  complaint = $state("");

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
  readonly #device: string;
  readonly #queue: AnswerQueue<Typed>;
  /** Who saved last elsewhere, by question, as far as the line told. */
  readonly #elsewhere = new Map<string, string>();
  #isLoaded = false;
  #isOut = false;

  /** What is the worst that can be said of all of them: what the one place on the page says. */
  overall: SavedState = $derived.by(() => {
    const order: readonly SavedState[] = ["out", "late", "kept", "unfit", "saving"];
    return order.find((state) => this.list.some((one) => one.state === state)) ?? "saved";
  });
  lastSavedAt: string | null = $derived(this.list.reduce<string | null>((last, one) => ((one.saved_at ?? "") > (last ?? "") ? one.saved_at : last), null));
  keptCount: number = $derived(this.list.filter((one) => one.state !== "saved").length);

  /** `owner`: whose drafts these are; all pages of one owner in this browser share them. */
  constructor(attempt: string, questions: readonly Question[], calls: Calls, owner: string, device: string, language: string | null) {
    this.#device = device;
    this.list = questions.map((question) => new AnswerState(question, language));
    this.#of = new Map(this.list.map((one) => [one.question.id, one]));
    this.#queue = new AnswerQueue<Typed>({
      attempt,
      device,
      save: (of, saving, isLast) => calls.save(of, saving, isLast),
      present: (of, question) => calls.answer(of, question),
      drafts: new IndexedDrafts<Typed>(owner),
      lock: webLock(owner),
      toValue: (_, typed) => valueOf(typed),
      toTyped: (question, value, before) => this.#toTyped(question, value, before),
      isOurs: (question, typed) => this.#of.get(question)?.question.kind === typed.kind,
      onChange: (change) => this.#changed(change),
    });
  }

  of(question: string): AnswerState | undefined {
    return this.#of.get(question);
  }

  /** What the server has, and over it what this device kept and could not save. */
  async load(saved: readonly Saved[]): Promise<void> {
    await this.#queue.load(saved.filter((one) => this.#of.has(one.question_id)));
    this.#isLoaded = true;
  }

  /** A keystroke, a tick, a language chosen. */
  type(answer: AnswerState, typed: Typed): void {
    answer.typed = typed;
    answer.taken = null;
    this.#queue.write(answer.question.id, typed);
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
    if (!this.#of.has(question) || device === this.#device) return;
    this.#elsewhere.set(question, device);
    await this.#queue.savedElsewhere(question, version);
  }

  /** The line is back, or somebody pressed "now". */
  now(): void {
    this.#queue.wake();
  }

  /** There is time again: an extension, or a contest that was opened once more. */
  goOn(): void {
    this.#queue.retry();
  }

  /** The paper came again, after a time without a line. */
  refreshed(saved: readonly Saved[]): void {
    for (const one of saved) {
      if (!this.#of.has(one.question_id)) continue;
      this.#elsewhere.delete(one.question_id);
      this.#queue.heard(one);
    }
  }

  /** What is typed and not saved goes on its last way while the page closes; the drafts stay either way. */
  leaving(): void {
    this.#queue.leaving();
  }

  /** Everything that can be saved is, before work is handed in. True: the server has it all. */
  settle(): Promise<boolean> {
    return this.#queue.flush();
  }

  /** The log-in has ended, or the page goes to somebody else: nothing more is sent. */
  stop(isOut: boolean): void {
    void this.#queue.close();
    this.#isOut ||= isOut;
    if (this.#isOut) for (const one of this.list) if (one.state !== "saved") one.state = "out";
  }

  /** The server keeps no file's name. */
  #toTyped(question: string, value: Value, before: Typed | undefined): Typed {
    const typed = typedOf((this.#of.get(question) as AnswerState).question, value);
    return typed.kind === "file" && typed.name === "" && before?.kind === "file" ? { ...typed, name: before.name } : typed;
  }

  #changed(change: AnswerChanged<Typed>): void {
    const answer = this.#of.get(change.question) as AnswerState;
    const before = answer.typed;
    answer.typed = change.typed;
    answer.saved_at = change.saved_at;
    answer.state = this.#stateOf(change);
    answer.complaint = answer.state === "unfit" ? (change.refusal?.message ?? "") : "";
    const value = valueOf(change.typed);
    if (change.overwritten !== null && !isSame(change.overwritten.value, value)) answer.overwritten = change.overwritten;
    if (!this.#isLoaded || isSame(valueOf(before), value)) return;
    // Only another device's work comes here without having been typed here.
    answer.taken = { device: this.#elsewhere.get(change.question) ?? "", saved_at: change.saved_at ?? "", before };
  }

  #stateOf({ state, refusal }: AnswerChanged<Typed>): SavedState {
    if (state === "saved") return "saved";
    if (this.#isOut) return "out";
    if (state !== "refused") return state;
    return refusal === null || refusal.status === 409 ? "late" : "unfit";
  }
}
