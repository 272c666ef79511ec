/** What a contestant asks of the server, and the shapes of its answers (docs/reference/rest.md). */

import type { Status } from "@podium/client";
import type { Credential } from "./address.ts";
import type { Door } from "./door.ts";

export type Kind = "code" | "multiple_choice" | "numeric" | "short_text" | "file";

export interface Session {
  readonly csrf: string;
  readonly expires_at: string;
  readonly participant: { readonly id: string; readonly name: string };
  readonly contest: { readonly id: string; readonly title: string };
}

/** What of one's time is one's own, in contest seconds. */
export interface Turn {
  readonly delay_s: number;
  readonly extra_s: number;
  readonly factor: number;
  readonly started_s: number | null;
  readonly handed_in_at: string | null;
}

export interface Attempt {
  readonly id: string;
  readonly started_at: string;
  readonly handed_in_at: string | null;
}

export interface Me {
  readonly participant: { readonly id: string; readonly name: string; readonly groups: readonly { readonly id: string; readonly name: string }[] };
  readonly contest: Status;
  readonly consent: string;
  readonly rules: string;
  readonly turn: Turn;
  readonly attempt: Attempt | null;
}

export interface Body {
  readonly languages?: readonly string[];
  readonly time_limit_ms?: number;
  readonly memory_limit_mb?: number;
  readonly options?: readonly { readonly id: string; readonly text: string }[];
  readonly multiple?: boolean;
  readonly unit?: string;
  readonly max_length?: number;
  readonly lines?: number;
  readonly extensions?: readonly string[];
  readonly max_bytes?: number;
}

export interface Question {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly kind: Kind;
  readonly points: number;
  readonly statement: string;
  readonly body: Body;
  readonly color: string | null;
  readonly position: number;
}

/** As the server keeps it: text, number, option ids, `{file_id}`, `{source, language}`; null: emptied. */
export type Value = string | number | readonly string[] | Readonly<Record<string, string>> | null;

export interface Saved {
  readonly question_id: string;
  readonly value: Value;
  readonly version: number;
  readonly saved_at: string;
}

export interface Paper {
  readonly attempt: Attempt | null;
  readonly turn: Turn;
  readonly questions: readonly Question[];
  readonly answers: readonly Saved[];
}

/** Work of another device that the saving replaced. */
export interface Overwritten {
  readonly version: number;
  readonly value: Value;
  readonly device: string;
  readonly saved_at: string;
}

export interface SavedNow {
  readonly version: number;
  readonly saved_at: string;
  readonly overwritten: Overwritten | null;
}

export interface Clarification {
  readonly id: string;
  readonly text: string;
  readonly question_id: string | null;
  readonly problem: string | null;
  readonly asked_at: string;
  readonly answer: string | null;
  readonly answered_at: string | null;
  readonly to_all: boolean;
}

export interface Stored {
  readonly file_id: string;
  readonly size_bytes: number;
}

/** Owner: the page. Holds nothing but the door. */
export class Calls {
  readonly door: Door;
  readonly #contest: string;

  constructor(door: Door, contest: string) {
    this.door = door;
    this.#contest = `contest/${encodeURIComponent(contest)}`;
  }

  session(): Promise<Session> {
    return this.door.ask("GET", `${this.#contest}/session/`);
  }

  logIn(by: Credential): Promise<Session> {
    return this.door.ask("POST", `${this.#contest}/session/`, { ...by, cookie: true });
  }

  logOut(): Promise<void> {
    return this.door.ask("DELETE", `${this.#contest}/session/`);
  }

  async ticket(): Promise<string> {
    return (await this.door.ask<{ ticket: string }>("POST", `${this.#contest}/ticket/`, {})).ticket;
  }

  me(): Promise<Me> {
    return this.door.ask("GET", `${this.#contest}/me/`);
  }

  paper(): Promise<Paper> {
    return this.door.ask("GET", `${this.#contest}/paper/`);
  }

  start(consent: boolean, device: string): Promise<unknown> {
    return this.door.ask("POST", `${this.#contest}/start/`, { consent, device });
  }

  answer(attempt: string, question: string): Promise<Saved> {
    return this.door.ask("GET", `attempt/${attempt}/answer/?question_id=${question}`);
  }

  save(attempt: string, body: { question_id: string; value: Value; base_version: number; device: string }, isLast: boolean): Promise<SavedNow> {
    return this.door.ask("POST", `attempt/${attempt}/answer/`, body, isLast);
  }

  upload(attempt: string, question: string, file: File): Promise<Stored> {
    const query = new URLSearchParams({ question_id: question, name: file.name });
    return this.door.ask("POST", `attempt/${attempt}/file/?${query}`, file);
  }

  submit(body: { question_id: string; answer?: Value; source?: string; language?: string }): Promise<{ submission_id: string }> {
    return this.door.ask("POST", `${this.#contest}/submit/`, body);
  }

  handIn(attempt: string): Promise<unknown> {
    return this.door.ask("POST", `attempt/${attempt}/hand-in/`, {});
  }

  async clarifications(): Promise<readonly Clarification[]> {
    return (await this.door.ask<{ items: readonly Clarification[] }>("GET", `${this.#contest}/clarifications/?limit=1000`)).items;
  }

  clarify(text: string, question: string | null): Promise<Clarification> {
    return this.door.ask("POST", `${this.#contest}/clarifications/`, { text, ...(question === null ? {} : { question_id: question }) });
  }
}
