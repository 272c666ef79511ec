/** What was handed in, with its current verdict; what people did. */

import type { Door, Listed } from "./call.ts";
import type { Work } from "./grading.ts";

export interface Submission {
  readonly id: string;
  readonly participant_id: string;
  readonly question_id: string;
  readonly problem: string;
  readonly contest_time_s: number;
  readonly received_at: string;
  readonly language?: string | null;
  readonly verdict: string | null;
  readonly score: number | null;
}

/** What an override is decided by. */
export interface Opened extends Omit<Work, "opinions" | "until"> {
  readonly opinions: readonly {
    readonly person_id: string;
    readonly person_name: string | null;
    readonly verdict: string;
    readonly score: number | null;
    readonly comment: string | null;
  }[];
}

export interface AuditRow {
  readonly at: string;
  readonly actor_id: string;
  readonly actor_role: string;
  readonly action: string;
  readonly subject_id: string | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string | null;
}

export interface AuditFilters {
  readonly actor_id?: string;
  readonly action?: string;
  readonly subject_id?: string;
  readonly since?: string;
  readonly until?: string;
}

export const listSubmissions = (door: Door, contest_id: string, offset: number, limit: number, signal?: AbortSignal) =>
  door.get<Listed<Submission>>("submissions/", { contest_id, offset, limit }, signal);
export const openSubmission = (door: Door, id: string) => door.get<Opened>(`submissions/${id}/`);
export const listAudit = (door: Door, contest_id: string, filters: AuditFilters, offset: number, limit: number, signal?: AbortSignal) =>
  door.get<Listed<AuditRow>>("audit/", { contest_id, ...filters, offset, limit }, signal);
