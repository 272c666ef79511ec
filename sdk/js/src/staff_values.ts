/** What those who run a contest are answered, as types (docs/reference/rest.md). */

import type { AnswerValue, Kind, QuestionBody } from "./contestant.ts";
import type { Announcement, Clarification, Role, SentBoard, Status } from "./messages.ts";

/** `contest_id` null: in every contest. */
export interface Grant {
  readonly role: Role;
  readonly contest_id: string | null;
}

/** `token` null: it is in a page's cookie, or was not asked for. */
export interface StaffSession {
  readonly token: string | null;
  readonly expires_at: string;
  readonly role: Role;
  readonly csrf: string;
  readonly person: { readonly id: string; readonly name: string; readonly login: string | null };
  readonly grants: readonly Grant[];
  readonly must_change_password: boolean;
}

export interface Person {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly disabled: boolean;
  readonly must_change_password: boolean;
  readonly roles: readonly Grant[];
  readonly version: number;
}

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly contest_id: string | null;
  readonly scopes: readonly string[];
  readonly created_by: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

/** What is set of a contest. */
export interface ContestSettings {
  readonly title: string;
  readonly duration_s: number;
  readonly start_at: string | null;
  readonly freeze_after_s: number | null;
  readonly scoring: "icpc" | "ioi";
  readonly penalty_s: number;
  readonly public: boolean;
  readonly rehearsal: boolean;
  readonly theme: Readonly<Record<string, string>> | null;
  readonly external_id: string | null;
  readonly description: string;
  readonly rules: string;
  readonly consent: string;
  readonly own_time_s: number | null;
  readonly feedback: "at_once" | "after_end" | "never";
  readonly shuffle: boolean;
  readonly opinions: number;
}

export interface Contest extends Status {
  readonly id: string;
  readonly external_id: string | null;
  readonly rules: string;
  readonly consent: string;
  readonly shuffle: boolean;
  readonly opinions: number;
  readonly pauses: readonly { readonly since: string; readonly until: string | null; readonly contest_time_s: number; readonly reason: string | null }[];
  readonly counts: { readonly participants: number; readonly questions: number; readonly submissions: number; readonly unjudged: number };
}

export const MOVES = ["schedule", "start", "pause", "resume", "freeze", "thaw", "end", "finalize", "unthaw"] as const;
export type Move = (typeof MOVES)[number];
export type Action = Move | "extend" | "reopen";

/** Of an action; each takes some of them. `contest_time_s`: in a rehearsal. */
export interface Deed {
  readonly reason?: string;
  readonly seconds?: number;
  readonly group_id?: string;
  readonly participant_id?: string;
  readonly contest_time_s?: number;
}

/** What an action would do: a sentence, and to how many people. */
export interface Effect {
  readonly effect: string;
  readonly people: number;
  readonly already_over?: number;
}

export interface Criterion {
  readonly id: string;
  readonly text: string;
  readonly points: number;
}

/** By kind; null: people grade, or judges do. */
export type AnswerKey = Readonly<Record<string, unknown>> | null;

export interface QuestionSettings {
  readonly label: string;
  readonly title: string;
  readonly kind: Kind;
  readonly points: number;
  readonly position: number;
  readonly color: string | null;
  readonly external_id: string | null;
  readonly statement: string;
  readonly body: QuestionBody;
  readonly answer_key: AnswerKey;
  readonly rubric: readonly Criterion[];
  readonly shuffle: boolean;
}

export interface StaffQuestion extends QuestionSettings {
  readonly id: string;
  readonly contest_id: string;
  readonly version: number;
}

export interface GroupSettings {
  readonly name: string;
  readonly hidden: boolean;
  readonly delay_s: number;
  readonly extra_time_s: number;
  readonly external_id: string | null;
}

export interface StaffGroup extends GroupSettings {
  readonly id: string;
  readonly contest_id: string;
  readonly version: number;
}

export interface ParticipantSettings {
  readonly name: string;
  readonly group_ids: readonly string[];
  readonly ranked: boolean;
  readonly hidden: boolean;
  readonly delay_s: number;
  readonly extra_time_s: number;
  readonly time_factor: number;
  readonly accommodation: string;
  readonly external_id: string | null;
}

export interface Participant extends ParticipantSettings {
  readonly id: string;
  readonly contest_id: string;
  readonly user_id: string;
  readonly has_code: boolean;
  readonly version: number;
}

/** `errors`: the first 1,000 of `errors_count`. */
export interface Imported {
  readonly rows: number;
  readonly new: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly same_name: number;
  readonly groups_new: readonly string[];
  readonly errors: readonly { readonly line: number; readonly field: string; readonly message: string }[];
  readonly errors_count: number;
}

/** Told once. */
export interface PersonalCode {
  readonly participant_id: string;
  readonly name: string;
  readonly external_id: string | null;
  readonly code: string;
  readonly link: string;
}

/** A socket node. `connections`: of the contest that was asked for. */
export interface NodeShown {
  readonly name: string;
  readonly ready: boolean;
  readonly connections: number;
}

/** What happens in a contest right now. `..._per_min`: 60 numbers, the newest last. Null, all four: not to be had right now. */
export interface Live {
  readonly on_line: number | null;
  readonly nodes: readonly NodeShown[] | null;
  readonly answers_per_min: readonly number[] | null;
  readonly submissions_per_min: readonly number[] | null;
  readonly unjudged: number;
  readonly clarifications_open: number;
  readonly outbox_waiting: number;
}

/** `final`: nothing changes any more. */
export interface Results {
  readonly contest: { readonly id: string; readonly title: string; readonly state: string };
  readonly final: boolean;
  readonly made_at: string;
  readonly board: SentBoard;
}

export interface StoredSubmission {
  readonly id: string;
  readonly contest_id: string;
  readonly participant_id: string;
  readonly question_id: string;
  readonly problem: string;
  readonly contest_time_s: number;
  readonly received_at: string;
  readonly language: string | null;
  readonly submitted_by: string;
  readonly external_id: string | null;
  readonly judgement_id: string | null;
  readonly verdict: string | null;
  readonly score: number | null;
  readonly comment: string | null;
}

export type QueueState = "waiting" | "claimed" | "second" | "disputed" | "done";

/** Without a name. */
export interface Queued {
  readonly submission_id: string;
  readonly question_id: string;
  readonly problem: string;
  readonly contest_time_s: number;
  readonly state: QueueState;
  readonly claimed_by: string | null;
  readonly claimed_until: string | null;
  readonly verdict: string | null;
  readonly score: number | null;
}

/** What a grader holds until `until`; who answered is not told. */
export interface Work {
  readonly submission_id: string;
  readonly contest_time_s: number;
  readonly received_at: string;
  readonly language: string | null;
  readonly source: string | null;
  readonly answer: AnswerValue;
  readonly opinions: number;
  readonly question: Pick<StaffQuestion, "id" | "label" | "title" | "kind" | "points" | "statement" | "body" | "answer_key" | "rubric">;
  readonly file: { readonly id: string; readonly name: string; readonly media_type: string; readonly size_bytes: number; readonly path: string } | null;
  readonly until: string;
}

/** What was handed in and what graders said of it, for an organiser who settles it. `person_name` null: a program's. */
export interface OpenedSubmission extends Omit<Work, "opinions" | "until"> {
  readonly opinions: readonly {
    readonly person_id: string;
    readonly person_name: string | null;
    readonly verdict: string;
    readonly score: number | null;
    readonly rubric: Readonly<Record<string, number>> | null;
    readonly comment: string | null;
    readonly given_at: string;
  }[];
}

/** `verdict`: a CLICS judgement type; `rubric`: points by criterion. */
export interface Grade {
  readonly verdict: string;
  readonly score?: number;
  readonly rubric?: Readonly<Record<string, number>>;
  readonly comment?: string;
  readonly reason?: string;
  readonly current?: boolean;
  readonly judged_at?: string;
  readonly external_id?: string;
}

export interface Judgement {
  readonly id: string;
  readonly submission_id: string;
  readonly verdict: string;
  readonly score: number | null;
  /** second: an opinion that waits for another person's; disputed: two differ; done: judged. */
  readonly state?: string;
}

/** `told`: to how many people; null: everybody. */
export interface Announced extends Announcement {
  readonly posted_by: string;
  readonly group_ids: readonly string[] | null;
  readonly participant_id: string | null;
  readonly told: number | null;
}

export interface StaffClarification extends Clarification {
  readonly participant_id: string;
  readonly participant_name: string;
  readonly state: "open" | "claimed" | "answered";
  readonly answered_by: string | null;
  readonly claimed_by: string | null;
  readonly claimed_by_name: string | null;
  readonly claimed_until: string | null;
}

export interface CannedAnswer {
  readonly id: string;
  readonly title: string;
  readonly text: string;
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
