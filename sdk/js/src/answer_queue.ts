/**
 * Answers as they are typed: each change is kept on this device at once and sent soon after, the latest of each question, also after a time
 * without a line. It decides what is sent when; what a refusal means for the page, and what to show of two devices' work, is the caller's.
 */

import { waitMs } from "./backoff.ts";
import type { AnswerValue, Overwritten, SavedNow, Saving } from "./contestant.ts";
import type { Draft, DraftStore } from "./drafts.ts";
import { isAway, Refused } from "./rest.ts";

/**
 * saved: the server has it. saving: on its way. kept: on this device until the line is back. unfit: not an answer yet; it stays here.
 * refused: the server does not take it; it stays here.
 */
export type SavedState = "saved" | "saving" | "kept" | "unfit" | "refused";

export interface AnswerChanged<Typed = AnswerValue> {
  readonly question: string;
  readonly state: SavedState;
  readonly typed: Typed;
  readonly version: number;
  /** When the server last saved one; null: never, as far as known here. */
  readonly saved_at: string | null;
  /** Another device's work that this saving replaced. */
  readonly overwritten: Overwritten | null;
  /** Why it was refused. */
  readonly refusal: Refused | null;
}

/** What the server has: of the paper's `answers`, say. */
export interface AtServer {
  readonly question_id: string;
  readonly value: AnswerValue;
  readonly version: number;
  readonly saved_at?: string;
}

/** Runs one after the other what has the same name, in all pages of this browser. */
export type Lock = <T>(name: string, run: () => Promise<T>) => Promise<T>;

export interface AnswerQueueOptions<Typed = AnswerValue> {
  readonly attempt: string;
  readonly device: string;
  /** `ContestantRest.save` is one. `isLast`: the page goes away. */
  readonly save: (attempt: string, saving: Saving, isLast: boolean) => Promise<SavedNow>;
  /** `ContestantRest.answer` is one: what the server has, after somebody else saved. */
  readonly present?: (attempt: string, question: string) => Promise<AtServer>;
  readonly drafts: DraftStore<Typed>;
  /** The answer in what was typed; undefined: there is none yet. Needed, with `toTyped`, unless what is typed is the answer itself. */
  readonly toValue?: (question: string, typed: Typed) => AnswerValue | undefined;
  /** What stands in the field for an answer of the server's. `before`: what stood there. */
  readonly toTyped?: (question: string, value: AnswerValue, before: Typed | undefined) => Typed;
  /** False: a draft that does not belong here (any more); it is left alone. */
  readonly isOurs?: (question: string, typed: Typed) => boolean;
  /** `webLock(owner)`, where several pages of one owner share the drafts. */
  readonly lock?: Lock;
  readonly onChange?: (change: AnswerChanged<Typed>) => void;
  /** After the last change; and at the latest, for who does not stop typing. */
  readonly restMs?: number;
  readonly latestMs?: number;
}

const REST_MS = 700;
const LATEST_MS = 4_000;
/** A store that says nothing for this long keeps no answer from the server. */
const STORE_PATIENCE_MS = 1_000;

/** By the browser's own locks. Where it has none (a page that came over plain http), each page is on its own. */
export function webLock(owner: string): Lock {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
  return async (name, run) => (locks === undefined ? run() : locks.request(`podium.answer.${owner}.${name}`, run));
}

interface Held<Typed> {
  typed: Typed;
  version: number;
  /** 0: nothing was typed. */
  edit: number;
  /** The edit that is known to be among the drafts. */
  keptEdit: number;
  state: SavedState;
  since: number;
  dueAt: number;
  savedAt: string | null;
}

/** Owner: a page, one an attempt. Bound: one answer a question, and its draft. Rebuilt from the paper and the drafts. */
export class AnswerQueue<Typed = AnswerValue> {
  readonly #options: AnswerQueueOptions<Typed>;
  readonly #held = new Map<string, Held<Typed>>();
  readonly #lock: Lock;
  #keeping: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;
  #isClosed = false;
  #underway: { question: string; edit: number } | null = null;
  #failures = 0;
  #notBefore = 0;

  constructor(options: AnswerQueueOptions<Typed>) {
    this.#options = options;
    this.#lock = options.lock ?? ((_, run) => run());
    if (typeof window !== "undefined") window.addEventListener("online", this.#online);
  }

  /** Begin with what the server has and, over it, what this device kept; that is sent at once. */
  async load(saved: readonly AtServer[]): Promise<void> {
    for (const one of saved) this.heard(one);
    for (const { question_id, typed, base_version, edit } of await this.#options.drafts.all()) {
      const held = this.#held.get(question_id);
      if ((held?.edit ?? 0) > 0) continue; // typed while we looked
      if (this.#options.isOurs?.(question_id, typed) === false) continue;
      if (held !== undefined && isSame(this.#toValue(question_id, typed), this.#toValue(question_id, held.typed))) {
        this.#drop(question_id, edit);
        continue;
      }
      this.#hold(question_id, typed, base_version, edit, 0);
      (this.#held.get(question_id) as Held<Typed>).keptEdit = edit;
    }
  }

  /** Something was typed. It is kept here before this returns, on the device a moment later, and sent soon. */
  write(question: string, typed: Typed): void {
    const held = this.#held.get(question);
    // Larger than any before, also of a page that was here before this one.
    const edit = Math.max((held?.edit ?? 0) + 1, Date.now());
    this.#hold(question, typed, held?.version ?? 0, edit, this.#options.restMs ?? REST_MS);
    this.#keep(question);
  }

  value(question: string): Typed | null {
    return this.#held.get(question)?.typed ?? null;
  }

  state(question: string): SavedState {
    return this.#held.get(question)?.state ?? "saved";
  }

  /** What the server has now, of another device say. Where something of ours is on its way, ours stays. */
  heard({ question_id, value, version, saved_at }: AtServer): void {
    const held = this.#held.get(question_id);
    if (held !== undefined && (held.state !== "saved" || version <= held.version)) return;
    const typed = this.#options.toTyped?.(question_id, value, held?.typed) ?? (value as Typed);
    const savedAt = saved_at ?? held?.savedAt ?? null;
    this.#held.set(question_id, { typed, version, edit: 0, keptEdit: 0, state: "saved", since: 0, dueAt: 0, savedAt });
    this.#changed(question_id);
  }

  /** Another device saved `version` (the feed's `answer` says so): fetched and shown, where nothing of ours is on its way. */
  async savedElsewhere(question: string, version: number): Promise<void> {
    const { attempt, present } = this.#options;
    if (present === undefined || version <= (this.#held.get(question)?.version ?? 0)) return;
    try {
      this.heard(await present(attempt, question));
    } catch {
      // The next paper, or our own saving, tells.
    }
  }

  /** The line is back, or somebody pressed "now": what is kept is tried. */
  wake(): void {
    this.#notBefore = 0;
    for (const held of this.#held.values()) if (held.state === "saving" || held.state === "kept") held.dueAt = 0;
    this.#plan();
  }

  /** There is time again, say: what was refused is tried once more, too. */
  retry(): void {
    for (const [question, held] of this.#held) if (held.state === "refused") this.#set(question, held, "saving");
    this.wake();
  }

  /** Wait until nothing is on its way: true if the server has everything that is an answer. */
  async flush(): Promise<boolean> {
    this.wake();
    for (;;) {
      await this.#settled();
      await this.#drain();
      const states = [...this.#held.values()].map((held) => held.state);
      if (this.#isClosed || (!this.#isSending && !states.includes("saving"))) return states.every((state) => state === "saved" || state === "unfit");
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  /** What is not saved goes on its last way while the page closes; the drafts stay either way. */
  leaving(): void {
    const { attempt, save, drafts } = this.#options;
    drafts.leaving?.(this.#notKept());
    if (this.#isClosed) return;
    for (const [question, held] of this.#held) {
      const value = this.#toValue(question, held.typed);
      const isWaiting = held.state === "kept" || (held.state === "saving" && this.#underway?.edit !== held.edit);
      if (isWaiting && value !== undefined) void save(attempt, this.#saving(question, held, value), true).catch(() => undefined);
    }
  }

  /** Send nothing more. The drafts stay. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (typeof window !== "undefined") window.removeEventListener("online", this.#online);
    await this.#settled();
  }

  readonly #online = (): void => this.wake();

  #toValue(question: string, typed: Typed): AnswerValue | undefined {
    const { toValue } = this.#options;
    return toValue === undefined ? (typed as AnswerValue) : toValue(question, typed);
  }

  #saving(question: string, held: Held<Typed>, value: AnswerValue): Saving {
    return { question_id: question, value, base_version: held.version, device: this.#options.device };
  }

  #hold(question: string, typed: Typed, version: number, edit: number, restMs: number): void {
    const before = this.#held.get(question);
    const isWaiting = before?.state === "saving" || before?.state === "kept";
    const since = isWaiting ? before.since : Date.now();
    const dueAt = Math.min(Date.now() + restMs, since + (this.#options.latestMs ?? LATEST_MS));
    const isFit = this.#toValue(question, typed) !== undefined;
    // While the line is down, "kept" stands; it is not for each keystroke to say otherwise.
    const isDown = before?.state === "kept" || Date.now() < this.#notBefore;
    const state = !isFit ? "unfit" : isDown ? "kept" : "saving";
    this.#held.set(question, { typed, version, edit, keptEdit: before?.keptEdit ?? 0, state, since, dueAt, savedAt: before?.savedAt ?? null });
    this.#changed(question);
    this.#plan();
  }

  /** One write after the other, each of what stands then: a fast typist does not wait for the disk, and the last keystroke is the last kept. */
  #keep(question: string): void {
    this.#keeping = this.#keeping.then(async () => {
      const held = this.#held.get(question);
      if (held === undefined || held.state === "saved" || held.keptEdit === held.edit) return;
      const { typed, version, edit } = held;
      try {
        await this.#options.drafts.keep({ question_id: question, typed, base_version: version, edit });
      } catch {
        return; // a full or forbidden store leaves the answer to the server alone
      }
      const now = this.#held.get(question) as Held<Typed>;
      if (now.edit >= edit) now.keptEdit = edit;
    });
  }

  /** What the store has not said to have: a page that closes does not wait for the disk. */
  #notKept(): Draft<Typed>[] {
    const unkept = [...this.#held].filter(([, held]) => held.state !== "saved" && held.keptEdit !== held.edit);
    return unkept.map(([question_id, { typed, version, edit }]) => ({ question_id, typed, base_version: version, edit }));
  }

  #drop(question: string, edit: number): void {
    this.#keeping = this.#keeping.then(() => this.#options.drafts.drop(question, edit).catch(() => undefined));
  }

  /** What was to be kept is, or the store has had its time. */
  async #settled(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((over) => (timer = setTimeout(over, STORE_PATIENCE_MS)));
    await Promise.race([this.#keeping, patience]);
    clearTimeout(timer);
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#isSending) return;
    const due = [...this.#held.values()].filter((held) => held.state === "saving" || held.state === "kept").map((held) => held.dueAt);
    if (due.length === 0) return;
    const at = Math.max(this.#notBefore, Math.min(...due));
    this.#timer = setTimeout(() => void this.#drain(), Math.max(0, at - Date.now()));
  }

  /** One at a time: a hall of slow lines saves as fast as it can, and no faster. */
  async #drain(): Promise<void> {
    if (this.#isSending || this.#isClosed) return;
    this.#isSending = true;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        const question = next;
        if (!(await this.#lock(question, () => this.#send(question)))) break;
      }
    } finally {
      this.#isSending = false;
      this.#plan();
    }
  }

  #next(): string | undefined {
    if (this.#isClosed || Date.now() < this.#notBefore) return undefined;
    return [...this.#held].find(([, held]) => (held.state === "saving" || held.state === "kept") && Date.now() >= held.dueAt)?.[0];
  }

  /** False: not now. */
  async #send(question: string): Promise<boolean> {
    const held = this.#held.get(question) as Held<Typed>;
    const value = this.#toValue(question, held.typed);
    if (this.#isClosed || value === undefined || (held.state !== "saving" && held.state !== "kept")) return true;
    const { edit } = held;
    try {
      if (await this.#isSentElsewhere(question, held)) return true;
      this.#underway = { question, edit };
      this.#saved(question, edit, await this.#options.save(this.#options.attempt, this.#saving(question, held, value), false));
      await this.#settled(); // gone from the drafts before another page looks there
      return true;
    } catch (error) {
      return this.#failed(question, edit, error);
    } finally {
      this.#underway = null;
    }
  }

  /** What was among the drafts and is gone was sent by another page of this browser: what the server has now stands here. */
  async #isSentElsewhere(question: string, held: Held<Typed>): Promise<boolean> {
    await this.#settled();
    const { edit } = held;
    if (held.keptEdit !== edit || (await this.#options.drafts.has(question).catch(() => true))) return false;
    const there = await this.#options.present?.(this.#options.attempt, question);
    const now = this.#held.get(question) as Held<Typed>;
    if (now.edit !== edit) return false;
    this.#set(question, now, "saved");
    if (there !== undefined) this.heard(there);
    return true;
  }

  #saved(question: string, edit: number, saved: SavedNow): void {
    this.#failures = 0;
    const now = this.#held.get(question) as Held<Typed>;
    now.version = saved.version;
    now.savedAt = saved.saved_at;
    if (now.edit === edit) {
      this.#set(question, now, "saved", saved.overwritten);
      this.#drop(question, edit);
    } else {
      now.since = Date.now();
      this.#set(question, now, now.state === "unfit" ? "unfit" : "saving", saved.overwritten);
      now.keptEdit = 0; // kept anew, as made from the version that is there now
      this.#keep(question);
    }
  }

  #failed(question: string, edit: number, error: unknown): boolean {
    if (error instanceof Refused && !isAway(error) && error.status !== 401 && error.status !== 403) {
      const now = this.#held.get(question) as Held<Typed>;
      if (now.edit === edit) this.#set(question, now, "refused", null, error);
      return true;
    }
    const told = error instanceof Refused ? error.retryAfterS : null;
    this.#notBefore = Date.now() + (told !== null ? told * 1000 * (1 + Math.random()) : waitMs(this.#failures, Math.random()));
    this.#failures += 1;
    for (const [id, held] of this.#held) if (held.state === "saving") this.#set(id, held, "kept");
    return false;
  }

  #set(question: string, held: Held<Typed>, state: SavedState, overwritten: Overwritten | null = null, refusal: Refused | null = null): void {
    held.state = state;
    this.#changed(question, overwritten, refusal);
  }

  #changed(question: string, overwritten: Overwritten | null = null, refusal: Refused | null = null): void {
    const { state, typed, version, savedAt } = this.#held.get(question) as Held<Typed>;
    this.#options.onChange?.({ question, state, typed, version, saved_at: savedAt, overwritten, refusal });
  }
}

function isSame(a: AnswerValue | undefined, b: AnswerValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
