/** Plays a plan of thaw.ts: by itself at its pace, paused, stepped or skipped by people. */

import type { Board } from "@podium/client";
import { afterSteps, pace, plan, type Plan, type Step } from "./thaw.ts";

/** The thaw may come in several frames, its status in another log: begin when nothing more has come for this long. */
const SETTLE_MS = 1_200;
/** How long the last step stands before the page is itself again. */
const STANDS_MS = 3_000;

/** Owner: the page's model; holds one plan, one timer. Gone when it has ended: the page then shows the live board again. */
export class Ceremony {
  board: Board = $state.raw({ scoring: "icpc", problems: [], groups: [], rows: [] });
  /** The step shown last; null before the first. */
  current: Step | null = $state.raw(null);
  done = $state(0);
  total = $state(0);
  isPaused = $state(false);
  isWaiting = $state(true);
  #plan: Plan | null = null;
  #final: Board;
  #timer: ReturnType<typeof setTimeout> | undefined;
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

  /** The live board moved on while we show: go on from what is on show now. */
  follow(after: Board): void {
    this.#final = after;
    clearTimeout(this.#timer);
    if (this.#plan === null) this.#timer = setTimeout(() => this.#begin(), SETTLE_MS);
    else this.#begin();
  }

  pauseOrGo(): void {
    this.isPaused = !this.isPaused;
    clearTimeout(this.#timer);
    if (!this.isPaused) this.#next();
  }

  /** One step by hand; it pauses, for who steps wants to stay. */
  step(): void {
    if (this.#plan === null) return;
    this.isPaused = true;
    clearTimeout(this.#timer);
    this.#show(1);
  }

  /** The rest of the team that is being shown, at once. */
  skipTeam(): void {
    const id = this.#plan?.steps[this.done]?.id;
    if (this.#plan === null || id === undefined) return;
    let count = 1;
    while (this.#plan.steps[this.done + count]?.id === id) count += 1;
    clearTimeout(this.#timer);
    this.#show(count);
    if (!this.isPaused) this.#next();
  }

  end(): void {
    clearTimeout(this.#timer);
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
    this.board = afterSteps(this.board, steps);
    this.#left_ms *= 1 - steps.length / (this.total - this.done);
    this.done += steps.length;
    this.current = steps[steps.length - 1] ?? null;
    if (this.done === this.total) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.end(), STANDS_MS);
    }
  }
}
