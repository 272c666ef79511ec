/** Everything a contestant asks over REST: the door, the paper, answers, submissions, clarifications (docs/reference/rest.md). */

import type { Clarification, Status, Submission, Turn } from "./messages.ts";
import { Door, type DoorOptions } from "./door.ts";
import type { Listed, Named } from "./listed.ts";
import type { TicketAnswer } from "./rest.ts";

export type Credential = { readonly code: string } | { readonly external_token: string };

/** `token` null: it is in the page's cookie. `csrf`: what a page with the cookie sends back. */
export interface ContestantSession {
  readonly token: string | null;
  readonly expires_at: string;
  readonly csrf: string;
  readonly participant: Named;
  readonly contest: { readonly id: string; readonly title: string };
}

export interface Attempt {
  readonly id: string;
  readonly started_at: string;
  readonly handed_in_at: string | null;
}

export interface Me {
  readonly participant: { readonly id: string; readonly name: string; readonly groups: readonly Named[] };
  readonly contest: Status;
  readonly consent: string;
  readonly rules: string;
  readonly turn: Turn;
  readonly attempt: Attempt | null;
}

/** As the server keeps it: text, a number, option ids, `{file_id}`, `{source, language}`; null: emptied. */
export type AnswerValue = string | number | readonly string[] | Readonly<Record<string, string>> | null;

export type Kind = "code" | "multiple_choice" | "numeric" | "short_text" | "file";

/** By kind; members of other kinds are absent. */
export interface QuestionBody {
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
  readonly body: QuestionBody;
  readonly color: string | null;
  readonly position: number;
}

export interface SavedAnswer {
  readonly question_id: string;
  readonly value: AnswerValue;
  readonly version: number;
  readonly saved_at: string;
}

export interface Paper {
  readonly attempt: Attempt | null;
  readonly turn: Turn;
  readonly consent: string;
  readonly rules: string;
  readonly questions: readonly Question[];
  readonly answers: readonly SavedAnswer[];
}

export interface Started {
  readonly attempt_id: string;
  readonly started_at: string;
  readonly ends_at: string | null;
  readonly turn: Turn;
}

/** `base_version`: of the answer that this one was made from; 0: there was none. */
export interface Saving {
  readonly question_id: string;
  readonly value: AnswerValue;
  readonly base_version: number;
  readonly device: string;
}

/** Work of another device that a saving replaced. */
export interface Overwritten {
  readonly version: number;
  readonly value: AnswerValue;
  readonly device: string;
  readonly saved_at: string;
}

export interface SavedNow {
  readonly version: number;
  readonly saved_at: string;
  readonly overwritten: Overwritten | null;
}

export interface StoredFile {
  readonly file_id: string;
  readonly size_bytes: number;
  readonly sha256: string;
}

export interface Submitted {
  readonly submission_id: string;
  readonly contest_time_s: number;
  readonly received_at: string;
}

export interface HandedIn {
  readonly handed_in_at: string;
  /** How many of the saved answers became one. */
  readonly submissions: number;
}

/**
 * Owner: a page or a program. Holds the token (or, with the cookie, the CSRF token) of one log-in.
 * Each call throws `Refused` (the server said no) or fetch's TypeError (the line is down).
 */
export class ContestantRest {
  readonly contest: string;
  readonly #door: Door;

  constructor(contest: string, options: DoorOptions = {}) {
    this.contest = contest;
    this.#door = new Door(options);
  }

  /** `cookie`: for pages; the token is then out of reach of scripts. */
  async logIn(credential: Credential, cookie = false): Promise<ContestantSession> {
    return this.#holding(await this.#door.ask<ContestantSession>("POST", this.#here("session/"), { body: { ...credential, cookie } }));
  }

  /** Who is logged in; a page that was loaded again gets its CSRF token here. */
  async session(): Promise<ContestantSession> {
    return this.#holding(await this.#door.ask<ContestantSession>("GET", this.#here("session/")));
  }

  async logOut(): Promise<void> {
    await this.#door.ask("DELETE", this.#here("session/"));
    this.forget();
  }

  /** Nobody is logged in here any more; the server is not asked. */
  forget(): void {
    this.#door.token = this.#door.csrf = this.#door.renew = null;
  }

  /** For a feed: `follow({ contest, ticket: () => rest.ticket() })`. */
  async ticket(): Promise<string> {
    return (await this.#door.ask<TicketAnswer>("POST", this.#here("ticket/"), { body: {} })).ticket;
  }

  me(): Promise<Me> {
    return this.#door.ask("GET", this.#here("me/"));
  }

  paper(): Promise<Paper> {
    return this.#door.ask("GET", this.#here("paper/"));
  }

  start(how: { consent?: boolean; device?: string } = {}): Promise<Started> {
    return this.#door.ask("POST", this.#here("start/"), { body: how });
  }

  /** `isLast`: asked while the page goes away. */
  save(attempt: string, saving: Saving, isLast = false): Promise<SavedNow> {
    return this.#door.ask("POST", `attempt/${attempt}/answer/`, { body: saving, isLast });
  }

  answer(attempt: string, question: string): Promise<SavedAnswer> {
    return this.#door.ask("GET", `attempt/${attempt}/answer/`, { query: { question_id: question } });
  }

  upload(attempt: string, question: string, name: string, content: Blob): Promise<StoredFile> {
    return this.#door.ask("POST", `attempt/${attempt}/file/`, { query: { question_id: question, name }, body: content });
  }

  submit(question: string, work: { answer: AnswerValue } | { source: string; language: string }): Promise<Submitted> {
    return this.#door.ask("POST", this.#here("submit/"), { body: { question_id: question, ...work } });
  }

  handIn(attempt: string): Promise<HandedIn> {
    return this.#door.ask("POST", `attempt/${attempt}/hand-in/`, { body: {} });
  }

  submissions(offset = 0, limit = 100): Promise<Listed<Submission>> {
    return this.#door.ask("GET", this.#here("submissions/"), { query: { offset, limit } });
  }

  /** Ask those who run the contest something; the answer comes over the feed. */
  clarify(text: string, question?: string | null): Promise<Clarification> {
    const about = question === undefined || question === null ? {} : { question_id: question };
    return this.#door.ask("POST", this.#here("clarifications/"), { body: { text, ...about } });
  }

  clarifications(offset = 0, limit = 100): Promise<Listed<Clarification>> {
    return this.#door.ask("GET", this.#here("clarifications/"), { query: { offset, limit } });
  }

  #here(path: string): string {
    return `contest/${encodeURIComponent(this.contest)}/${path}`;
  }

  #holding(session: ContestantSession): ContestantSession {
    this.#door.token = session.token ?? this.#door.token;
    this.#door.csrf = session.csrf;
    this.#door.renew ??= () => this.session();
    return session;
  }
}
