/** The work of graders: a queue, a claim that lapses, opinions, judgements, overrides. Who wrote an answer is not named here. */

import type { Door, Listed } from "./call.ts";
import type { Criterion, Kind } from "./questions.ts";

export const WAITING = ["waiting", "claimed", "second", "disputed", "done"] as const;
export type Waiting = (typeof WAITING)[number];

export interface Queued {
  readonly submission_id: string;
  readonly question_id: string;
  readonly problem: string;
  readonly contest_time_s: number;
  readonly state: Waiting;
  readonly claimed_by: string | null;
  readonly claimed_until: string | null;
  readonly verdict: string | null;
  readonly score: number | null;
}

/** What is claimed, until `until`. `opinions`: how many others gave theirs before. */
export interface Work {
  readonly submission_id: string;
  readonly contest_time_s: number;
  readonly language: string | null;
  readonly source: string | null;
  readonly answer: unknown;
  readonly opinions: number;
  readonly file: { readonly name: string; readonly size_bytes: number; readonly path: string } | null;
  readonly question: {
    readonly id: string;
    readonly label: string;
    readonly title: string;
    readonly kind: Kind;
    readonly points: number;
    readonly statement: string;
    readonly rubric: readonly Criterion[];
  };
  readonly until: string;
}

export interface Grade {
  readonly submission_id: string;
  readonly verdict: string;
  readonly score?: number;
  readonly rubric?: Readonly<Record<string, number>>;
  readonly comment?: string;
}

export interface Overriding extends Omit<Grade, "rubric"> {
  readonly reason: string;
}

export const listQueue = (door: Door, contest_id: string, state: Waiting, question_id: string) =>
  door.get<Listed<Queued>>("grading/queue/", { contest_id, state, question_id, limit: 200 });
/** Undefined: nothing waits. */
export const claimWork = (door: Door, contest_id: string, which: { question_id?: string; submission_id?: string }) =>
  door.post<Work | undefined>("grading/claim/", { contest_id, ...which });
export const renewClaim = (door: Door, submission_id: string) => door.post<{ until: string }>("grading/claim/renew/", { submission_id });
export const releaseWork = (door: Door, submission_id: string) => door.post<unknown>("grading/claim/release/", { submission_id });
export const giveGrade = (door: Door, grade: Grade) => door.post<unknown>("grading/manual/", grade);
export const override = (door: Door, overriding: Overriding) => door.post<unknown>("grading/override/", overriding);
