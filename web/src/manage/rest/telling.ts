/** What is told to contestants, and what they ask: announcements, clarifications, canned answers. */

import type { Door, Listed } from "./call.ts";

export interface Announcement {
  readonly id: string;
  readonly text: string;
  readonly posted_at: string;
  readonly group_ids?: readonly string[] | null;
  readonly participant_id?: string | null;
}

export interface Audience {
  readonly group_ids?: readonly string[];
  readonly participant_id?: string;
}

export type Asked = "open" | "claimed" | "answered";

/** `claimed_by`: a person's id, while `claimed_until` has not come. */
export interface Clarification {
  readonly id: string;
  readonly participant_id: string;
  readonly participant_name: string;
  readonly question_id: string | null;
  readonly problem: string | null;
  readonly text: string;
  readonly asked_at: string;
  readonly contest_time_s: number;
  readonly state: Asked;
  readonly answer: string | null;
  readonly to_all: boolean;
  readonly answered_at: string | null;
  readonly claimed_by: string | null;
  readonly claimed_by_name: string | null;
  readonly claimed_until: string | null;
}

export interface Canned {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

export const listAnnouncements = (door: Door, contest_id: string) =>
  door.get<Listed<Announcement>>("announcements/", { contest_id, limit: 200 });
export const announce = (door: Door, contest_id: string, text: string, audience: Audience) =>
  door.post<Announcement>("announcements/", { contest_id, text, ...audience });

export const listClarifications = (door: Door, contest_id: string, state: Asked) =>
  door.get<Listed<Clarification>>("clarifications/", { contest_id, state, limit: 200 });
export const claimClarification = (door: Door, id: string) => door.post<Clarification>(`clarifications/${id}/claim/`);
export const releaseClarification = (door: Door, id: string) => door.post<unknown>(`clarifications/${id}/release/`);
export const answerClarification = (door: Door, id: string, text: string, to_all: boolean) =>
  door.post<Clarification>(`clarifications/${id}/answer/`, { text, to_all });

export const listCanned = (door: Door, contest_id: string) => door.get<Listed<Canned>>("canned-answers/", { contest_id, limit: 200 });
export const addCanned = (door: Door, contest_id: string, title: string, text: string) =>
  door.post<Canned>("canned-answers/", { contest_id, title, text });
export const deleteCanned = (door: Door, id: string) => door.delete(`canned-answers/${id}/`);
