/** A form over something that others may change meanwhile: what was read, what is typed, and what to do when both differ. */

import { Refused } from "../rest/call.ts";
import { changed, isSame, merge } from "./merge.ts";

export interface Read<T> {
  readonly values: T;
  readonly version: number;
}

/** Both changed `names` since the same version. */
export interface Clash<T> {
  readonly names: readonly (keyof T)[];
  readonly mine: T;
  readonly theirs: T;
  readonly version: number;
}

export type Typed<T> = { -readonly [name in keyof T]: T[name] };

export type Saved<T> = { readonly is: "saved"; readonly read: Read<T>; readonly taken: readonly (keyof T)[] } | { readonly is: "clash" };

/**
 * Owner: the form. The version moves on by itself only while nobody touched what is typed here: else saving is refused with 412 and both
 * versions are shown. Rebuilt by reading again.
 */
export class Draft<T extends object> {
  values = $state() as Typed<T>;
  clash = $state.raw<Clash<T> | null>(null);
  #base = $state.raw() as T;
  #version = $state(0);

  constructor(read: Read<T>) {
    this.values = structuredClone(read.values) as Typed<T>;
    this.#base = read.values;
    this.#version = read.version;
  }

  get changes(): Partial<T> {
    return changed(this.#base, $state.snapshot(this.values) as T);
  }

  get isChanged(): boolean {
    return Object.keys(this.changes).length > 0;
  }

  get version(): number {
    return this.#version;
  }

  /** What the server has now, read in passing. Returns the members that came from somebody else. */
  heard(read: Read<T>): readonly (keyof T)[] {
    if (read.version <= this.#version) return [];
    const found = merge(this.#base, $state.snapshot(this.values) as T, read.values);
    if (found.clashes.length > 0) return [];
    this.#take(read, found.values);
    return found.taken;
  }

  discard(): void {
    this.values = structuredClone(this.#base) as Typed<T>;
  }

  /**
   * Sends what was changed. If somebody else changed other members, theirs and ours are both kept; if the same ones, `clash` is set and
   * nothing is saved. Raises what `send` and `read` raise.
   */
  async save(send: (changes: Partial<T>, version: number) => Promise<Read<T>>, read: () => Promise<Read<T>>): Promise<Saved<T>> {
    let taken: readonly (keyof T)[] = [];
    for (;;) {
      const sent = $state.snapshot(this.values) as T;
      try {
        const saved = await send(changed(this.#base, sent), this.#version);
        this.#settle(sent, saved);
        return { is: "saved", read: saved, taken };
      } catch (error) {
        if (!(error instanceof Refused && error.isChanged)) throw error;
      }
      const present = await read();
      const found = merge(this.#base, $state.snapshot(this.values) as T, present.values);
      if (found.clashes.length > 0) {
        this.clash = { names: found.clashes, mine: $state.snapshot(this.values) as T, theirs: present.values, version: present.version };
        return { is: "clash" };
      }
      taken = [...taken, ...found.taken];
      this.#take(present, found.values);
    }
  }

  /** The person has chosen: for each clashing member mine or theirs. What is chosen is in the form, over their version. */
  settle(mineOf: ReadonlySet<keyof T>): void {
    if (this.clash === null) return;
    const { names, mine, theirs, version } = this.clash;
    const values: Typed<T> = { ...merge(this.#base, mine, theirs).values };
    for (const name of names) values[name] = mineOf.has(name) ? mine[name] : theirs[name];
    this.#take({ values: theirs, version }, values);
    this.clash = null;
  }

  #take(read: Read<T>, values: T): void {
    this.#base = read.values;
    this.#version = read.version;
    this.values = structuredClone(values) as Typed<T>;
  }

  /** What was typed while the answer was under way stays. */
  #settle(sent: T, saved: Read<T>): void {
    const typed = $state.snapshot(this.values) as T;
    const values: Typed<T> = { ...saved.values };
    for (const name of Object.keys(typed) as (keyof T)[]) if (!isSame(typed[name], sent[name])) values[name] = typed[name];
    this.#take(saved, values);
  }
}
