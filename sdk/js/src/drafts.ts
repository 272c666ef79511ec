/** Where what was typed outlives the page: every keystroke goes into IndexedDB before it goes anywhere else, and stays until the server has it. */

/** What was typed and is not known to be saved. `edit`: larger is newer. `base_version`: of the server's answer that it was made from. */
export interface Draft<Typed> {
  readonly question_id: string;
  readonly typed: Typed;
  readonly base_version: number;
  readonly edit: number;
}

export interface DraftStore<Typed> {
  all(): Promise<readonly Draft<Typed>[]>;
  /** What is kept of the question gives way, unless that is newer (another page's). Throws if it could not be kept. */
  keep(draft: Draft<Typed>): Promise<void>;
  /** Is anything of this question kept? */
  has(question: string): Promise<boolean>;
  /** Removes what is kept of it, unless that is newer than `edit`. */
  drop(question: string, edit: number): Promise<void>;
  /** The page may be gone the next moment: `unkept` is what was typed and is not known to be kept. Written before this returns. */
  leaving?(unkept: readonly Draft<Typed>[]): void;
}

/** Drafts of a program that does not outlive itself, and of tests. Owner: one queue. Bound: a draft a question. */
export class MemoryDrafts<Typed> implements DraftStore<Typed> {
  readonly #drafts = new Map<string, Draft<Typed>>();

  async all(): Promise<readonly Draft<Typed>[]> {
    return [...this.#drafts.values()];
  }

  async keep(draft: Draft<Typed>): Promise<void> {
    if ((this.#drafts.get(draft.question_id)?.edit ?? 0) <= draft.edit) this.#drafts.set(draft.question_id, draft);
  }

  async has(question: string): Promise<boolean> {
    return this.#drafts.has(question);
  }

  async drop(question: string, edit: number): Promise<void> {
    const kept = this.#drafts.get(question);
    if (kept !== undefined && kept.edit <= edit) this.#drafts.delete(question);
  }
}

interface Stored<Typed> extends Draft<Typed> {
  readonly owner: string;
}

/** Drafts of the pages of before say when they were typed, `at`. */
function editOf(draft: Partial<Draft<unknown>> & { readonly at?: number }): number {
  return draft.edit ?? draft.at ?? 0;
}

/**
 * Owner: one queue; what is kept is shared by all pages of one `owner` in this browser. Bound: a draft a question. `isKept` tells when this
 * browser keeps nothing (a private window, a full disk). A page that is closed while a write is on its way leaves the text in localStorage,
 * which is written at once.
 */
export class IndexedDrafts<Typed> implements DraftStore<Typed> {
  isKept = true;
  readonly #owner: string;
  readonly #database: Promise<IDBDatabase | null>;

  /** `owner`: who takes part in what, so that who logs in after somebody else on one machine finds nothing of theirs. */
  constructor(owner: string) {
    this.#owner = owner;
    this.#database = opened().catch(() => {
      this.isKept = false;
      return null;
    });
  }

  async all(): Promise<readonly Draft<Typed>[]> {
    const found = new Map<string, Draft<Typed>>();
    try {
      const stored = await this.#ask<Stored<Typed>[]>("readonly", (drafts) => drafts.index("owner").getAll(this.#owner));
      for (const one of stored ?? []) found.set(one.question_id, { ...one, edit: editOf(one) });
    } catch {
      this.isKept = false;
    }
    for (const one of this.#left()) if ((found.get(one.question_id)?.edit ?? -1) <= one.edit) found.set(one.question_id, one);
    return [...found.values()];
  }

  async keep(draft: Draft<Typed>): Promise<void> {
    try {
      await this.#put(draft);
    } catch (error) {
      this.isKept = false;
      throw error;
    }
  }

  async has(question: string): Promise<boolean> {
    if (this.#left().some((one) => one.question_id === question)) return true;
    return ((await this.#ask<number>("readonly", (drafts) => drafts.count([this.#owner, question]))) ?? 0) > 0;
  }

  async drop(question: string, edit: number): Promise<void> {
    this.#leave(this.#left().filter((one) => one.question_id !== question || one.edit > edit));
    try {
      await this.#drop([this.#owner, question], edit);
    } catch {
      this.isKept = false;
    }
  }

  leaving(unkept: readonly Draft<Typed>[]): void {
    if (unkept.length === 0) return;
    const questions = new Set(unkept.map((one) => one.question_id));
    this.#leave([...this.#left().filter((one) => !questions.has(one.question_id)), ...unkept]);
  }

  /** Null: there is no storage. */
  async #ask<Answer>(mode: IDBTransactionMode, request: (drafts: IDBObjectStore) => IDBRequest): Promise<Answer | null> {
    const database = await this.#database;
    if (database === null) return null;
    const transaction = database.transaction("drafts", mode);
    const asked = request(transaction.objectStore("drafts"));
    await done(transaction);
    return asked.result as Answer;
  }

  /** Looks and writes in one transaction, as `#drop`. */
  async #put(draft: Draft<Typed>): Promise<void> {
    const database = await this.#database;
    if (database === null) throw new Error("no storage");
    const transaction = database.transaction("drafts", "readwrite");
    const drafts = transaction.objectStore("drafts");
    const kept = drafts.get([this.#owner, draft.question_id]);
    kept.onsuccess = () => {
      const found = kept.result as Stored<Typed> | undefined;
      if (found === undefined || editOf(found) <= draft.edit) drafts.put({ ...draft, owner: this.#owner });
    };
    await done(transaction);
  }

  /** Looks and removes in one transaction: another page may write between two. */
  async #drop(key: [string, string], edit: number): Promise<void> {
    const database = await this.#database;
    if (database === null) return;
    const transaction = database.transaction("drafts", "readwrite");
    const drafts = transaction.objectStore("drafts");
    const kept = drafts.get(key);
    kept.onsuccess = () => {
      const found = kept.result as Stored<Typed> | undefined;
      if (found !== undefined && editOf(found) <= edit) drafts.delete(key);
    };
    await done(transaction);
  }

  #left(): readonly Draft<Typed>[] {
    try {
      const left = JSON.parse(localStorage.getItem(this.#key) ?? "[]") as readonly Draft<Typed>[];
      return left.map((one) => ({ ...one, edit: editOf(one) }));
    } catch {
      return [];
    }
  }

  #leave(drafts: readonly Draft<Typed>[]): void {
    try {
      if (drafts.length === 0) localStorage.removeItem(this.#key);
      else localStorage.setItem(this.#key, JSON.stringify(drafts));
    } catch {
      this.isKept = false;
    }
  }

  get #key(): string {
    return `podium.left.${this.#owner}`;
  }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("podium", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("drafts", { keyPath: ["owner", "question_id"] }).createIndex("owner", "owner");
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error ?? new Error("no database"));
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("aborted"));
  });
}
