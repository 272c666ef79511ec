/**
 * What is typed, on this device: every keystroke goes into IndexedDB before it goes anywhere else, and stays there until the server has it.
 * A page that is closed while such a write is on its way leaves the text in localStorage, which is written at once.
 */

import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Typed } from "./typed.ts";

export interface Draft {
  readonly question_id: string;
  readonly typed: Typed;
  /** Of the server's answer that this was made from; 0: there was none. */
  readonly base_version: number;
  /** Date.now() */
  readonly at: number;
}

interface Stored extends Draft {
  readonly owner: string;
}

interface Schema extends DBSchema {
  drafts: { key: [string, string]; value: Stored; indexes: { owner: string } };
}

/** Owner: one contestant's page. Bound: one draft a question. What cannot be kept (no storage: a private window) is told by `isKept`. */
export class Drafts {
  isKept = true;
  readonly #owner: string;
  readonly #database: Promise<IDBPDatabase<Schema> | null>;
  /** Written into memory, not yet known to be in the database. */
  readonly #underway = new Map<string, Draft>();

  /** `owner`: the contest and the participant, so that who logs in after somebody else on one machine finds nothing of theirs. */
  constructor(owner: string) {
    this.#owner = owner;
    this.#database = openDB<Schema>("podium", 1, {
      upgrade: (database) => database.createObjectStore("drafts", { keyPath: ["owner", "question_id"] }).createIndex("owner", "owner"),
    }).catch(() => {
      this.isKept = false;
      return null;
    });
  }

  async all(): Promise<ReadonlyMap<string, Draft>> {
    const found = new Map<string, Draft>();
    const database = await this.#database;
    try {
      for (const one of (await database?.getAllFromIndex("drafts", "owner", this.#owner)) ?? []) found.set(one.question_id, one);
    } catch {
      this.isKept = false;
    }
    for (const one of this.#left()) {
      const known = found.get(one.question_id);
      if (known === undefined || known.at <= one.at) found.set(one.question_id, one);
    }
    return found;
  }

  async keep(draft: Draft): Promise<void> {
    this.#underway.set(draft.question_id, draft);
    try {
      await (await this.#database)?.put("drafts", { ...draft, owner: this.#owner });
    } catch {
      this.isKept = false;
      return;
    }
    if (this.#underway.get(draft.question_id) === draft) this.#underway.delete(draft.question_id);
  }

  /** The server has it, unless something was typed since `at`. */
  async drop(question_id: string, at: number): Promise<void> {
    const database = await this.#database;
    try {
      const change = database?.transaction("drafts", "readwrite");
      const kept = await change?.store.get([this.#owner, question_id]);
      if (kept !== undefined && kept.at <= at) await change?.store.delete([this.#owner, question_id]);
      await change?.done;
    } catch {
      this.isKept = false;
    }
    const left = this.#left().filter((one) => one.question_id !== question_id || one.at > at);
    this.#leave(left);
  }

  /** The page may be gone the next moment. */
  leaving(): void {
    if (this.#underway.size > 0) this.#leave([...this.#underway.values()]);
  }

  #left(): readonly Draft[] {
    try {
      return JSON.parse(localStorage.getItem(this.#key) ?? "[]") as readonly Draft[];
    } catch {
      return [];
    }
  }

  #leave(drafts: readonly Draft[]): void {
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
