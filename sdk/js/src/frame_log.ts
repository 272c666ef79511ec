/** The last frames as they came and what happened to the line, for tests and for finding faults. */

export interface FrameNote {
  readonly at: number;
  readonly what: "open" | "frame" | "close";
  readonly text: string;
}

/** Owner: a feed. Bound: `limit` entries; the oldest go first. */
export class FrameLog {
  readonly limit: number;
  #notes: FrameNote[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  note(at: number, what: FrameNote["what"], text: string): void {
    if (this.limit === 0) return;
    this.#notes.push({ at, what, text });
    if (this.#notes.length > this.limit) this.#notes.splice(0, this.#notes.length - this.limit);
  }

  notes(): readonly FrameNote[] {
    return this.#notes;
  }
}
