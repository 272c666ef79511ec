/** People with power, and the keys that programs come with. */

import type { Role } from "@podium/client";
import type { Door, Listed } from "./call.ts";
import type { Grant } from "./session.ts";

export const ROLES = ["organiser", "grader", "proctor", "viewer", "operator"] as const satisfies readonly Role[];

export interface Staff {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly disabled: boolean;
  readonly roles: readonly Grant[];
  readonly version: number;
}

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly contest_id: string | null;
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

export interface NewStaff {
  readonly login: string;
  readonly name: string;
  readonly roles: readonly Partial<Grant>[];
}

export interface NewKey {
  readonly name: string;
  readonly role: Role;
  readonly contest_id?: string;
  readonly scopes: readonly string[];
  readonly expires_at?: string;
}

export const listStaff = (door: Door) => door.get<Listed<Staff>>("people/", { limit: 1000 });
export const getStaff = (door: Door, id: string) => door.get<Staff>(`people/${id}/`);
export const addStaff = (door: Door, made: NewStaff) => door.post<Staff & { password: string | null }>("people/", made);
export const changeStaff = (door: Door, id: string, changed: Partial<Pick<Staff, "name" | "disabled" | "roles">>, version: number) =>
  door.put<Staff>(`people/${id}/`, changed, version);
export const resetPassword = (door: Door, id: string) => door.post<{ password: string }>(`people/${id}/password/`);
export const endSessions = (door: Door, id: string) => door.post<unknown>(`people/${id}/log-out/`);

export const listKeys = (door: Door) => door.get<Listed<ApiKey>>("keys/", { limit: 1000 });
export const addKey = (door: Door, made: NewKey) => door.post<ApiKey & { key: string }>("keys/", made);
export const endKey = (door: Door, id: string) => door.delete(`keys/${id}/`);

const NOUNS = ["contests", "questions", "groups", "participants", "submissions", "grading", "announcements", "clarifications", "audit"] as const;
export const SCOPES: readonly string[] = NOUNS.flatMap((noun) => [`${noun}:read`, `${noun}:write`]);
