/** Questions: what contestants see (`statement`, `body`), what they never see (`answer_key`, `rubric`). */

import type { Door, Listed } from "./call.ts";

export const KINDS = ["code", "multiple_choice", "numeric", "short_text", "file"] as const;
export type Kind = (typeof KINDS)[number];

export interface Option {
  readonly id: string;
  readonly text: string;
}

/** By kind; members of other kinds are absent. */
export interface Body {
  readonly languages?: readonly string[];
  readonly time_limit_ms?: number;
  readonly memory_limit_mb?: number;
  readonly options?: readonly Option[];
  readonly multiple?: boolean;
  readonly unit?: string;
  readonly max_length?: number;
  readonly lines?: number;
  readonly extensions?: readonly string[];
  readonly max_bytes?: number;
}

export interface AnswerKey {
  readonly right?: readonly string[];
  readonly partial?: boolean;
  readonly value?: number;
  readonly absolute?: number;
  readonly relative?: number;
  readonly accepted?: readonly string[];
  readonly case_sensitive?: boolean;
}

export interface Criterion {
  readonly id: string;
  readonly text: string;
  readonly points: number;
}

export interface Written {
  readonly label: string;
  readonly title: string;
  readonly kind: Kind;
  readonly points: number;
  readonly color: string | null;
  readonly statement: string;
  readonly body: Body;
  readonly answer_key: AnswerKey | null;
  readonly rubric: readonly Criterion[];
  readonly shuffle: boolean;
}

export interface Question extends Written {
  readonly id: string;
  readonly contest_id: string;
  readonly position: number;
  readonly version: number;
}

export const listQuestions = (door: Door, contest_id: string) => door.get<Listed<Question>>("questions/", { contest_id, limit: 1000 });
export const getQuestion = (door: Door, id: string) => door.get<Question>(`questions/${id}/`);
export const makeQuestion = (door: Door, contest_id: string, made: Partial<Written> & { position?: number }) =>
  door.post<Question>("questions/", { contest_id, ...made });
export const changeQuestion = (door: Door, id: string, changed: Partial<Written> & { position?: number }, version: number) =>
  door.put<Question>(`questions/${id}/`, changed, version);
export const deleteQuestion = (door: Door, id: string, version: number) => door.delete(`questions/${id}/`, version);
