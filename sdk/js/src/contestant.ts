/** Everything a contestant asks over REST: the door, the paper, answers, submissions, clarifications (docs/reference/rest.md). */

import type { Clarification, Status, Submission, Turn } from "./messages.ts";
import { ask, type RestOptions, type TicketAnswer } from "./rest.ts";

export type Credential = { readonly code: string } | { readonly external_token: string };

/** `token` null: it is in the page's cookie. `csrf`: what a page with the cookie sends back. */
export interface ContestantSession {
  readonly token: string | null;
  readonly expires_at: string;
  readonly csrf: string;
  readonly participant: { readonly id: string; readonly name: string };
  readonly contest: { readonly id: string; readonly title: string };
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

/** As the server keeps it: text, a number, option ids, `{file_id}`, `{source, language}`; null: emptied. */
export type AnswerValue = string | number | readonly string[] | Readonly<Record<string, string>> | null;

export interface Question {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly kind: string;
  readonly points: number;
  readonly statement: string;
  readonly body: Readonly<Record<string, unknown>>;
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

/** `overwritten`: another device's work that this saving replaced. */
export interface SavedNow {
  readonly version: number;
  readonly saved_at: string;
  readonly overwritten: { readonly version: number; readonly value: AnswerValue; readonly device: string; readonly saved_at: string } | null;
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

export interface Listed<Item> {
  readonly total: number;
  readonly items: readonly Item[];
}

/**
 * Owner: a page or a program. Holds the token (or, with the cookie, the CSRF token) of one log-in.
 * Each call throws `Refused` (the server said no) or fetch's TypeError (the line is down).
 */
export class ContestantRest {
  readonly contest: string;
  #options: RestOptions;
  #token: string | null = null;
  #csrf: string | null = null;

  constructor(contest: string, options: RestOptions = {}) {
    this.contest = contest;
    this.#options = options;
  }

  /** `cookie`: for pages; the token is then out of reach of scripts. */
  async logIn(credential: Credential, cookie = false): Promise<ContestantSession> {
    return this.#holding(await this.#ask<ContestantSession>("POST", this.#here("session/"), { ...credential, cookie }));
  }

  /** Who is logged in; a page that was loaded again gets its CSRF token here. */
  async session(): Promise<ContestantSession> {
    return this.#holding(await this.#ask<ContestantSession>("GET", this.#here("session/")));
  }

  async logOut(): Promise<void> {
    await this.#ask("DELETE", this.#here("session/"));
    this.#token = this.#csrf = null;
  }

  /** For a feed: `follow({ contest, ticket: () => rest.ticket() })`. */
  async ticket(): Promise<string> {
    return (await this.#ask<TicketAnswer>("POST", this.#here("ticket/"), {})).ticket;
  }

  me(): Promise<Me> {
    return this.#ask("GET", this.#here("me/"));
  }

  paper(): Promise<Paper> {
    return this.#ask("GET", this.#here("paper/"));
  }

  start(how: { consent?: boolean; device?: string } = {}): Promise<Started> {
    return this.#ask("POST", this.#here("start/"), how);
  }

  save(attempt: string, saving: Saving): Promise<SavedNow> {
    return this.#ask("POST", `attempt/${attempt}/answer/`, saving);
  }

  answer(attempt: string, question: string): Promise<SavedAnswer> {
    return this.#ask("GET", `attempt/${attempt}/answer/?question_id=${question}`);
  }

  upload(attempt: string, question: string, name: string, content: Blob): Promise<StoredFile> {
    const query = new URLSearchParams({ question_id: question, name });
    return this.#ask("POST", `attempt/${attempt}/file/?${query}`, content);
  }

  submit(question: string, work: { answer: AnswerValue } | { source: string; language: string }): Promise<Submitted> {
    return this.#ask("POST", this.#here("submit/"), { question_id: question, ...work });
  }

  handIn(attempt: string): Promise<unknown> {
    return this.#ask("POST", `attempt/${attempt}/hand-in/`, {});
  }

  submissions(offset = 0, limit = 100): Promise<Listed<Submission>> {
    return this.#ask("GET", this.#here(`submissions/?offset=${offset}&limit=${limit}`));
  }

  /** Ask those who run the contest something; the answer comes over the feed. */
  clarify(text: string, question?: string): Promise<Clarification> {
    return this.#ask("POST", this.#here("clarifications/"), { text, ...(question === undefined ? {} : { question_id: question }) });
  }

  clarifications(offset = 0, limit = 100): Promise<Listed<Clarification>> {
    return this.#ask("GET", this.#here(`clarifications/?offset=${offset}&limit=${limit}`));
  }

  #here(path: string): string {
    return `contest/${encodeURIComponent(this.contest)}/${path}`;
  }

  #holding(session: ContestantSession): ContestantSession {
    this.#token = session.token ?? this.#token;
    this.#csrf = session.csrf;
    return session;
  }

  #ask<T>(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<T> {
    const token = this.#token ?? this.#options.token;
    const csrf = this.#csrf;
    return ask<T>(method, path, { ...this.#options, ...(token ? { token } : {}), ...(csrf ? { csrf } : {}) }, body);
  }
}
