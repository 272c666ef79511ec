/**
 * Answers as they are typed: each change is kept on this device at once and sent soon after, the latest of each question, also after a time
 * without a line. It decides what is sent when; what a refusal means for the page, and what to show of two devices' work, is the caller's.
 */

import { waitMs } from "./backoff.ts";
import type { AnswerValue, SavedNow, Saving } from "./contestant.ts";
import { Refused } from "./rest.ts";

/** saved: the server has it. saving: on its way. kept: on this device until the line is back. refused: the server does not take it; it stays here. */
export type SavedState = "saved" | "saving" | "kept" | "refused";

/** What was typed and is not known to be saved. `edit`: larger is newer. `base_version`: of the server's answer that it was made from. */
export interface Draft {
  readonly question_id: string;
  readonly value: AnswerValue;
  readonly base_version: number;
  readonly edit: number;
}

/** Where drafts outlive the page. `drop` removes a draft only if it is still that edit. */
export interface DraftStore {
  all(): Promise<readonly Draft[]>;
  keep(draft: Draft): Promise<void>;
  drop(question: string, edit: number): Promise<void>;
}

/** Drafts of a program that does not outlive itself, and of tests. Owner: one queue. Bound: a draft a question. */
export class MemoryDrafts implements DraftStore {
  readonly #drafts = new Map<string, Draft>();

  async all(): Promise<readonly Draft[]> {
    return [...this.#drafts.values()];
  }

  async keep(draft: Draft): Promise<void> {
    this.#drafts.set(draft.question_id, draft);
  }

  async drop(question: string, edit: number): Promise<void> {
    if (this.#drafts.get(question)?.edit === edit) this.#drafts.delete(question);
  }
}

export interface AnswerChanged {
  readonly question: string;
  readonly state: SavedState;
  readonly value: AnswerValue;
  readonly version: number;
  /** Another device's work that this saving replaced. */
  readonly overwritten: SavedNow["overwritten"];
  /** Why it was refused. */
  readonly refusal: Refused | null;
}

export interface AnswerQueueOptions {
  readonly attempt: string;
  readonly device: string;
  /** `ContestantRest` has it. */
  readonly save: (attempt: string, saving: Saving) => Promise<SavedNow>;
  readonly drafts: DraftStore;
  readonly onChange?: (change: AnswerChanged) => void;
  /** After the last change; and at the latest, for who does not stop typing. */
  readonly restMs?: number;
  readonly latestMs?: number;
}

const REST_MS = 700;
const LATEST_MS = 4_000;

interface Held {
  value: AnswerValue;
  version: number;
  edit: number;
  state: SavedState;
  since: number;
  dueAt: number;
}

/** Owner: a page, one an attempt. Bound: one answer a question, and its draft. Rebuilt from the paper and the drafts. */
export class AnswerQueue {
  readonly #options: AnswerQueueOptions;
  readonly #held = new Map<string, Held>();
  #keeping: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;
  #isClosed = false;
  #failures = 0;
  #notBefore = 0;

  constructor(options: AnswerQueueOptions) {
    this.#options = options;
    if (typeof window !== "undefined") window.addEventListener("online", this.#online);
  }

  /** Begin with what the server has (the paper's `answers`) and, over it, what this device kept; that is sent at once. */
  async load(saved: readonly { readonly question_id: string; readonly value: AnswerValue; readonly version: number }[]): Promise<void> {
    for (const { question_id, value, version } of saved) this.heard(question_id, value, version);
    for (const draft of await this.#options.drafts.all()) {
      if (this.#held.get(draft.question_id)?.state === "saving") continue; // typed on while we looked
      this.#hold(draft.question_id, draft.value, draft.base_version, draft.edit, 0);
    }
  }

  /** Something was typed. It is kept here before this returns, on the device a moment later, and sent soon. */
  write(question: string, value: AnswerValue): void {
    const held = this.#held.get(question);
    // Larger than any before, also of a page that was here before this one.
    const edit = Math.max((held?.edit ?? 0) + 1, Date.now());
    this.#hold(question, value, held?.version ?? 0, edit, this.#options.restMs ?? REST_MS);
    this.#keep(question);
  }

  value(question: string): AnswerValue {
    return this.#held.get(question)?.value ?? null;
  }

  state(question: string): SavedState {
    return this.#held.get(question)?.state ?? "saved";
  }

  /** What the server has now, of another device say. Where something of ours is on its way, ours stays. */
  heard(question: string, value: AnswerValue, version: number): void {
    const held = this.#held.get(question);
    if (held !== undefined && (held.state !== "saved" || version <= held.version)) return;
    this.#held.set(question, { value, version, edit: held?.edit ?? 0, state: "saved", since: 0, dueAt: 0 });
    if (held !== undefined) this.#changed(question);
  }

  /** The line is back, there is time again, or somebody pressed "now": everything that is not saved is tried. */
  wake(): void {
    this.#notBefore = 0;
    for (const [question, held] of this.#held) {
      if (held.state === "saved") continue;
      held.dueAt = 0;
      if (held.state === "refused") this.#set(question, held, "saving");
    }
    this.#plan();
  }

  /** Wait until nothing is on its way: true if the server has everything. */
  async flush(): Promise<boolean> {
    this.wake();
    for (;;) {
      await this.#keeping;
      await this.#drain();
      const states = [...this.#held.values()].map((held) => held.state);
      if (!this.#isSending && !states.includes("saving")) return states.every((state) => state === "saved");
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  /** Send nothing more. The drafts stay. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (typeof window !== "undefined") window.removeEventListener("online", this.#online);
    await this.#keeping;
  }

  readonly #online = (): void => this.wake();

  #hold(question: string, value: AnswerValue, version: number, edit: number, restMs: number): void {
    const before = this.#held.get(question);
    const isWaiting = before !== undefined && before.state !== "saved" && before.state !== "refused";
    const since = isWaiting ? before.since : Date.now();
    const dueAt = Math.min(Date.now() + restMs, since + (this.#options.latestMs ?? LATEST_MS));
    const held: Held = { value, version, edit, state: before?.state === "kept" ? "kept" : "saving", since, dueAt };
    this.#held.set(question, held);
    this.#changed(question);
    this.#plan();
  }

  /** One write after the other, each of what stands then: a fast typist does not wait for the disk, and the last keystroke is the last kept. */
  #keep(question: string): void {
    this.#keeping = this.#keeping.then(async () => {
      const held = this.#held.get(question);
      if (held === undefined || held.state === "saved") return;
      const { value, version, edit } = held;
      // A full or forbidden store leaves the answer to the server alone.
      await this.#options.drafts.keep({ question_id: question, value, base_version: version, edit }).catch(() => undefined);
    });
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const due = [...this.#held.values()].filter((held) => held.state === "saving" || held.state === "kept").map((held) => held.dueAt);
    if (due.length === 0) return;
    const at = Math.max(this.#notBefore, Math.min(...due));
    this.#timer = setTimeout(() => void this.#drain(), Math.max(0, at - Date.now()));
  }

  async #drain(): Promise<void> {
    if (this.#isSending || this.#isClosed) return;
    this.#isSending = true;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) if (!(await this.#send(...next))) break;
    } finally {
      this.#isSending = false;
      this.#plan();
    }
  }

  #next(): [string, Held] | undefined {
    if (this.#isClosed || Date.now() < this.#notBefore) return undefined;
    return [...this.#held].find(([, held]) => (held.state === "saving" || held.state === "kept") && Date.now() >= held.dueAt);
  }

  /** False: not now. */
  async #send(question: string, held: Held): Promise<boolean> {
    const { attempt, device, save, drafts } = this.#options;
    const { value, edit } = held;
    try {
      const saved = await save(attempt, { question_id: question, value, base_version: held.version, device });
      this.#failures = 0;
      const now = this.#held.get(question) as Held;
      now.version = saved.version;
      if (now.edit === edit) {
        this.#set(question, now, "saved", saved.overwritten);
        this.#keeping = this.#keeping.then(() => drafts.drop(question, edit).catch(() => undefined));
      } else {
        now.since = Date.now();
        this.#set(question, now, "saving", saved.overwritten);
        this.#keep(question);
      }
      return true;
    } catch (error) {
      return this.#failed(question, edit, error);
    }
  }

  #failed(question: string, edit: number, error: unknown): boolean {
    const isNo = error instanceof Refused && error.status < 500 && ![401, 403, 408, 429].includes(error.status);
    if (isNo) {
      const now = this.#held.get(question) as Held;
      if (now.edit === edit) this.#set(question, now, "refused", null, error);
      return true;
    }
    const told = error instanceof Refused ? error.retryAfterS : null;
    this.#notBefore = Date.now() + (told !== null ? told * 1000 * (1 + Math.random()) : waitMs(this.#failures, Math.random()));
    this.#failures += 1;
    for (const [id, held] of this.#held) if (held.state === "saving") this.#set(id, held, "kept");
    return false;
  }

  #set(question: string, held: Held, state: SavedState, overwritten: SavedNow["overwritten"] = null, refusal: Refused | null = null): void {
    held.state = state;
    this.#changed(question, overwritten, refusal);
  }

  #changed(question: string, overwritten: SavedNow["overwritten"] = null, refusal: Refused | null = null): void {
    const { state, value, version } = this.#held.get(question) as Held;
    this.#options.onChange?.({ question, state, value, version, overwritten, refusal });
  }
}
