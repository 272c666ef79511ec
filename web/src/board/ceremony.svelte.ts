/** Plays a plan of thaw.ts: by itself at its pace, paused, stepped or skipped by people. */

import type { Board } from "@podium/client";
import { afterSteps, pace, plan, type Plan, type Step } from "./thaw.ts";

/** The thaw may come in several frames, its status in another log: begin when nothing more has come for this long. */
const SETTLE_MS = 1_200;
/** How long the last step stands before the page is itself again. */
const STANDS_MS = 3_000;

/** Whoever steps by hand sees where the row went before the view goes on to the next one. */
const LOOK_MS = 700;
/** With less than this before a step the view jumps: gliding there would end after the cell is shown. */
const HASTE_MS = 1_000;

/** Where people have to look: the index of the row that is shown next, or right now. */
export interface Look {
  readonly index: number;
  readonly isSudden: boolean;
}

/** Owner: the page's model; holds one plan, two timers. Gone when it has ended: the page then shows the live board again. */
export class Ceremony {
  board: Board = $state.raw({ scoring: "icpc", problems: [], groups: [], rows: [] });
  /** The step shown last; null before the first. */
  current: Step | null = $state.raw(null);
  /** Set before a cell is shown, that nothing is revealed out of sight; null before the first. */
  look: Look | null = $state.raw(null);
  done = $state(0);
  total = $state(0);
  isPaused = $state(false);
  isWaiting = $state(true);
  #plan: Plan | null = null;
  #final: Board;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  #penaltyMin: number;
  #left_ms: number;
  #ended: () => void;

  /** `ended` is called once, when the final board has stood for a moment or somebody wants it now. */
  constructor(before: Board, after: Board, penaltyMin: number, total_ms: number, ended: () => void) {
    this.board = before;
    this.#final = after;
    this.#penaltyMin = penaltyMin;
    this.#left_ms = total_ms;
    this.#ended = ended;
    this.#timer = setTimeout(() => this.#begin(), SETTLE_MS);
  }

  /** The step that comes next; null when all is shown or nothing is planned yet. */
  get next(): Step | null {
    return this.#plan?.steps[this.done] ?? null;
  }

  /** The live board moved on while we show: go on from what is on show now. */
  follow(after: Board): void {
    this.#final = after;
    this.#hold();
    if (this.#plan === null) this.#timer = setTimeout(() => this.#begin(), SETTLE_MS);
    else this.#begin();
  }

  pauseOrGo(): void {
    this.isPaused = !this.isPaused;
    this.#hold();
    if (this.isPaused) this.#lookIn(LOOK_MS, 1, false);
    else this.#next();
  }

  /** One step by hand; it pauses, for who steps wants to stay. */
  step(): void {
    if (this.#plan === null) return;
    this.isPaused = true;
    this.#hold();
    this.#show(1);
    this.#lookIn(LOOK_MS, 1, false);
  }

  /** The rest of the team that is being shown, at once. */
  skipTeam(): void {
    const id = this.next?.id;
    if (this.#plan === null || id === undefined) return;
    let count = 1;
    while (this.#plan.steps[this.done + count]?.id === id) count += 1;
    this.#hold();
    this.#show(count);
    if (this.isPaused) this.#lookIn(LOOK_MS, 1, false);
    else this.#next();
  }

  end(): void {
    this.#hold();
    this.#ended();
  }

  #begin(): void {
    this.#plan = plan(this.board, this.#final, this.#penaltyMin);
    this.board = this.#plan.start;
    this.done = 0;
    this.total = this.#plan.steps.length;
    this.isWaiting = false;
    if (this.total === 0) this.end();
    else if (!this.isPaused) this.#next();
  }

  #next(): void {
    if (this.#plan === null || this.done === this.total) return;
    // Asked anew each time: after a step or a skip by hand, what is left still fits into what is left of the time.
    const beat = pace(this.total - this.done, this.#left_ms)[0];
    if (beat === undefined) return;
    this.#lookIn(beat.wait_ms / 2, beat.steps, beat.wait_ms < HASTE_MS);
    this.#timer = setTimeout(() => {
      this.#show(beat.steps);
      this.#next();
    }, beat.wait_ms);
  }

  #show(count: number): void {
    if (this.#plan === null) return;
    const steps = this.#plan.steps.slice(this.done, this.done + count);
    if (steps.length === 0) {
      this.end();
      return;
    }
    const last = steps[steps.length - 1] as Step;
    if (this.look?.index !== last.from) this.look = { index: last.from, isSudden: true };
    this.board = afterSteps(this.board, steps);
    this.#left_ms *= 1 - steps.length / (this.total - this.done);
    this.done += steps.length;
    this.current = last;
    if (this.done === this.total) {
      this.#hold();
      this.#timer = setTimeout(() => this.end(), STANDS_MS);
    }
  }

  /** Nothing happens by itself until something is begun anew. */
  #hold(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#looking);
  }

  /** After `wait_ms`: the view goes to the row that the next `steps` end with. */
  #lookIn(wait_ms: number, steps: number, isSudden: boolean): void {
    clearTimeout(this.#looking);
    const step = this.#plan?.steps[this.done + steps - 1];
    if (step !== undefined) this.#looking = setTimeout(() => (this.look = { index: step.from, isSudden }), wait_ms);
  }
}
