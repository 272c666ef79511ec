/** Contests: their list, one of them, its life. */

import type { Status } from "@podium/client";
import type { Door, Listed } from "./call.ts";

export type Feedback = "at_once" | "after_end" | "never";

export interface Pause {
  readonly since: string;
  readonly until: string | null;
  readonly contest_time_s: number;
  readonly reason: string | null;
}

export interface Counts {
  readonly participants: number;
  readonly questions: number;
  readonly submissions: number;
  readonly unjudged: number;
}

/** What is set by the form of a contest. */
export interface Settings {
  readonly title: string;
  readonly description: string;
  readonly start_at: string | null;
  readonly duration_s: number;
  readonly own_time_s: number | null;
  readonly freeze_after_s: number | null;
  readonly scoring: "icpc" | "ioi";
  readonly penalty_s: number;
  readonly public: boolean;
  readonly rehearsal: boolean;
  readonly rules: string;
  readonly consent: string;
  readonly feedback: Feedback;
  readonly shuffle: boolean;
  readonly opinions: number;
  readonly theme: Readonly<Record<string, string>> | null;
  readonly external_id: string | null;
}

export interface Contest extends Omit<Status, "description" | "own_time_s" | "feedback" | "paused" | "theme">, Omit<Settings, "scoring"> {
  readonly id: string;
  readonly paused: boolean;
  readonly pauses: readonly Pause[];
  readonly counts: Counts;
}

/** What an action would do, asked with `?preview=true`. `effect` is the server's sentence. */
export interface Effect {
  readonly effect: string;
  readonly people: number;
  readonly already_over?: number;
}

export interface Deed {
  readonly reason?: string;
  readonly seconds?: number;
  readonly group_id?: string;
  readonly participant_id?: string;
}

export interface Node {
  readonly name: string;
  readonly ready: boolean;
  readonly connections: number;
}

/** The last hour, a number per minute, the newest last. Null: the server cannot say now. */
export interface Live {
  readonly on_line: number | null;
  readonly nodes: readonly Node[] | null;
  readonly answers_per_min: readonly number[] | null;
  readonly submissions_per_min: readonly number[] | null;
  readonly unjudged: number;
  readonly outbox_waiting: number;
  readonly clarifications_open: number;
}

export const listContests = (door: Door, offset: number, limit: number) => door.get<Listed<Contest>>("contests/", { offset, limit });
export const getContest = (door: Door, id: string) => door.get<Contest>(`contests/${id}/`);
export const makeContest = (door: Door, made: Partial<Settings>) => door.post<Contest>("contests/", made);
export const changeContest = (door: Door, id: string, changed: Partial<Settings>, version: number) =>
  door.put<Contest>(`contests/${id}/`, changed, version);
/** `version`: of the contest as it was when its effect was told; refused with 412 if somebody has changed it since. */
export const act = (door: Door, id: string, action: string, deed: Deed, version: number) =>
  door.post<Contest>(`contests/${id}/${action}/`, deed, {}, version);
export const preview = (door: Door, id: string, action: string, deed: Deed) =>
  door.post<Effect>(`contests/${id}/${action}/`, deed, { preview: true });
export const getLive = (door: Door, id: string) => door.get<Live>(`contests/${id}/live/`);
export const getResults = (door: Door, id: string, format: "csv" | "xlsx" | "json") => door.file(`contests/${id}/results/`, { format });
