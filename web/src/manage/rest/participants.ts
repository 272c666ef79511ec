/** The people who take part: one by one, in bulk, with their groups and personal codes. */

import { addressOf, Away, refusalIn, type Door, type Listed, type Query } from "./call.ts";

export interface Taking {
  readonly name: string;
  readonly external_id: string | null;
  readonly group_ids: readonly string[];
  readonly ranked: boolean;
  readonly hidden: boolean;
  readonly delay_s: number;
  readonly extra_time_s: number;
  readonly time_factor: number;
  readonly accommodation: string;
}

export interface Participant extends Taking {
  readonly id: string;
  readonly contest_id: string;
  readonly has_code: boolean;
  readonly version: number;
}

export interface Filters {
  readonly search?: string;
  readonly group_id?: string;
  readonly ranked?: boolean;
  readonly hidden?: boolean;
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly hidden: boolean;
  readonly delay_s: number;
  readonly extra_time_s: number;
  readonly version: number;
}

export type GroupSettings = Pick<Group, "name" | "hidden" | "delay_s" | "extra_time_s">;

export interface LineFault {
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

export interface Imported {
  readonly rows: number;
  readonly new: number;
  readonly changed: number;
  readonly unchanged: number;
  /** New ones without an external id who are called like somebody else. */
  readonly same_name: number;
  readonly groups_new: readonly string[];
  readonly errors: readonly LineFault[];
  readonly errors_count: number;
}

export interface Code {
  readonly participant_id: string;
  readonly name: string;
  readonly external_id: string | null;
  readonly code: string;
  readonly link: string;
}

export const listParticipants = (door: Door, contest_id: string, filters: Filters, offset: number, limit: number, signal?: AbortSignal) =>
  door.get<Listed<Participant>>("participants/", { contest_id, ...filters, offset, limit }, signal);
export const getParticipant = (door: Door, id: string) => door.get<Participant>(`participants/${id}/`);
export const addParticipant = (door: Door, contest_id: string, taking: Partial<Taking>) =>
  door.post<Participant>("participants/", { contest_id, ...taking });
export const changeParticipant = (door: Door, id: string, changed: Partial<Taking>, version: number) =>
  door.put<Participant>(`participants/${id}/`, changed, version);
export const removeParticipant = (door: Door, id: string) => door.delete(`participants/${id}/`);
export const makeCodes = (door: Door, contest_id: string, participant_ids?: readonly string[]) =>
  door.post<{ items: readonly Code[] }>("participants/codes/", participant_ids === undefined ? { contest_id } : { contest_id, participant_ids });

export const listGroups = (door: Door, contest_id: string) => door.get<Listed<Group>>("groups/", { contest_id, limit: 1000 });
export const getGroup = (door: Door, id: string) => door.get<Group>(`groups/${id}/`);
export const makeGroup = (door: Door, contest_id: string, made: Partial<GroupSettings>) => door.post<Group>("groups/", { contest_id, ...made });
export const changeGroup = (door: Door, id: string, changed: Partial<GroupSettings>, version: number) =>
  door.put<Group>(`groups/${id}/`, changed, version);

/** Sends a whole file. `key`: the same one again is not done twice. `onSent` told how much of it is there (0 to 1). XMLHttpRequest, for fetch tells nothing of what it has sent.
 *  Raises Refused, Away. */
export function importPeople(
  door: Door, contest_id: string, file: Blob, type: "text/csv" | "application/json", isPreview: boolean, key: string, onSent: (part: number) => void,
): Promise<Imported> {
  const query: Query = { contest_id, preview: isPreview };
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", addressOf("participants/import/", query));
    door.headers("POST").forEach((value, name) => request.setRequestHeader(name, value));
    request.setRequestHeader("Content-Type", type);
    if (!isPreview) request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = (event) => onSent(event.total > 0 ? event.loaded / event.total : 0);
    request.onerror = () => reject(new Away("no answer"));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Imported);
      else reject(refusalIn(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    request.send(file);
  });
}
