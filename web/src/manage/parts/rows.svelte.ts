/** A long list read a page at a time, as far as somebody looks at it: 5,000 rows cost what stands in sight. */

import type { Listed } from "../rest/call.ts";

export const PAGE = 100;

type Reading<T> = (offset: number, limit: number, signal: AbortSignal) => Promise<Listed<T>>;

/**
 * Owner: the table. Holds the pages that were looked at since the filters changed, at most the whole list (about 300 bytes a row);
 * rebuilt by reading.
 */
export class Rows<T> {
  total = $state<number | null>(null);
  fault = $state.raw<unknown>(null);
  #pages = $state.raw<ReadonlyMap<number, readonly T[]>>(new Map());
  #asked = new Set<number>();
  #read: Reading<T>;
  #abort = new AbortController();

  constructor(read: Reading<T>) {
    this.#read = read;
  }

  at(index: number): T | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Makes sure that the rows from `first` to before `end` are here, or on their way. */
  want(first: number, end: number): void {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(Math.max(first, end - 1) / PAGE); page += 1) if (!this.#asked.has(page)) void this.#load(page);
  }

  /** Other filters: begin again. What stands in the table stays until the answer is there. */
  restart(read: Reading<T>): void {
    this.#read = read;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#asked = new Set();
    void this.#load(0, true);
  }

  /** Reads again what is held. */
  async again(): Promise<void> {
    const held = [...this.#pages.keys()];
    this.#asked = new Set(held);
    await Promise.all((held.length === 0 ? [0] : held).map((page) => this.#load(page)));
  }

  replace(row: T, is: (one: T) => boolean): void {
    this.#pages = new Map([...this.#pages].map(([page, rows]) => [page, rows.map((one) => (is(one) ? row : one))]));
  }

  async #load(page: number, isFresh = false): Promise<void> {
    this.#asked.add(page);
    const { signal } = this.#abort;
    try {
      const listed = await this.#read(page * PAGE, PAGE, signal);
      if (signal.aborted) return;
      this.#pages = new Map([...(isFresh ? [] : this.#pages), [page, listed.items]]);
      this.total = listed.total;
      this.fault = null;
    } catch (error) {
      if (signal.aborted) return;
      this.#asked.delete(page);
      this.fault = error;
    }
  }
}
