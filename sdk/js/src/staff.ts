/** Everything that those who run a contest ask over REST, by noun (docs/reference/rest.md). `version` of what was read, given to a change,
 *  refuses it with 412 if somebody else was faster. */

import { Door, type DoorOptions } from "./door.ts";
import type { Listed, Part } from "./listed.ts";
import type { Role } from "./messages.ts";
import type { LeaderboardAnswer, TicketAnswer } from "./rest.ts";
import type * as values from "./staff_values.ts";

class Session {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  /** `cookie`: for pages; the token is then out of reach of scripts. */
  async logIn(login: string, password: string, cookie = false): Promise<values.StaffSession> {
    return this.#holding(await this.#door.ask<values.StaffSession>("POST", "admin/session/", { body: { login, password, cookie } }));
  }

  /** Who is logged in; a page that was loaded again gets its CSRF token here. */
  async who(): Promise<values.StaffSession> {
    return this.#holding(await this.#door.ask<values.StaffSession>("GET", "admin/session/"));
  }

  async logOut(): Promise<void> {
    await this.#door.ask("DELETE", "admin/session/");
    this.#door.token = this.#door.csrf = this.#door.renew = null;
  }

  /** One's other sessions end; this one goes on with a new token, good for everything. */
  async changePassword(old_password: string, new_password: string): Promise<values.StaffSession> {
    return this.#holding(await this.#door.ask<values.StaffSession>("POST", "admin/session/password/", { body: { old_password, new_password } }));
  }

  #holding(session: values.StaffSession): values.StaffSession {
    this.#door.token = session.token ?? this.#door.token;
    this.#door.csrf = session.csrf;
    this.#door.renew ??= () => this.who();
    return session;
  }
}

class People {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(part: Part = {}): Promise<Listed<values.Person>> {
    return this.#door.ask("GET", "admin/people/", { query: { ...part } });
  }

  one(person: string): Promise<values.Person> {
    return this.#door.ask("GET", `admin/people/${person}/`);
  }

  /** Without a `password` one is made; it is told this once. */
  create(login: string, name: string, roles: readonly Partial<values.Grant>[], password?: string): Promise<values.Person & { readonly password: string }> {
    return this.#door.ask("POST", "admin/people/", { body: { login, name, roles, password } });
  }

  change(person: string, changed: Partial<Pick<values.Person, "name" | "disabled" | "roles">>, version?: number): Promise<values.Person> {
    return this.#door.ask("PUT", `admin/people/${person}/`, { body: changed, version });
  }

  /** A new password, told this once; their sessions end. */
  async resetPassword(person: string): Promise<string> {
    return (await this.#door.ask<{ password: string }>("POST", `admin/people/${person}/password/`, { body: {} })).password;
  }

  /** How many sessions ended. */
  async logOut(person: string): Promise<number> {
    return (await this.#door.ask<{ sessions_ended: number }>("POST", `admin/people/${person}/log-out/`, { body: {} })).sessions_ended;
  }
}

class ApiKeys {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(part: Part = {}): Promise<Listed<values.ApiKey>> {
    return this.#door.ask("GET", "admin/keys/", { query: { ...part } });
  }

  /** The answer's `key` is told this once. A scope is `<noun>:read` or `<noun>:write`, `*` for any noun. */
  create(
    name: string,
    role: Role,
    scopes: readonly string[],
    more: { contest_id?: string; expires_at?: string } = {},
  ): Promise<values.ApiKey & { readonly key: string }> {
    return this.#door.ask("POST", "admin/keys/", { body: { name, role, scopes, ...more } });
  }

  remove(key: string): Promise<void> {
    return this.#door.ask("DELETE", `admin/keys/${key}/`);
  }
}

class Contests {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(filters: Part & { state?: string; search?: string } = {}): Promise<Listed<values.Contest>> {
    return this.#door.ask("GET", "admin/contests/", { query: { ...filters } });
  }

  one(contest: string): Promise<values.Contest> {
    return this.#door.ask("GET", `admin/contests/${contest}/`);
  }

  create(title: string, duration_s: number, more: Partial<values.ContestSettings> = {}): Promise<values.Contest> {
    return this.#door.ask("POST", "admin/contests/", { body: { ...more, title, duration_s } });
  }

  change(contest: string, changed: Partial<values.ContestSettings>, version?: number): Promise<values.Contest> {
    return this.#door.ask("PUT", `admin/contests/${contest}/`, { body: changed, version });
  }

  act(contest: string, action: values.Action, deed: values.Deed = {}): Promise<values.Contest> {
    return this.#door.ask("POST", `admin/contests/${contest}/${action}/`, { body: deed });
  }

  /** What an action would do. Nothing is changed. */
  preview(contest: string, action: values.Action, deed: values.Deed = {}): Promise<values.Effect> {
    return this.#door.ask("POST", `admin/contests/${contest}/${action}/`, { body: deed, query: { preview: true } });
  }

  /** Rehearsals only. */
  setClock(contest: string, contest_time_s: number, rate: number): Promise<values.Contest> {
    return this.#door.ask("POST", `admin/contests/${contest}/clock/`, { body: { contest_time_s, rate } });
  }

  /** For a feed: `follow({ contest, ticket: () => rest.contests.ticket(contest) })`. */
  async ticket(contest: string): Promise<string> {
    return (await this.#door.ask<TicketAnswer>("POST", `admin/contests/${contest}/ticket/`, { body: {} })).ticket;
  }

  /** The board as staff may see it. */
  leaderboard(contest: string, part: Part = {}): Promise<LeaderboardAnswer> {
    return this.#door.ask("GET", `admin/contests/${contest}/leaderboard/`, { query: { ...part } });
  }

  /** Who is on line, how much is saved and submitted, what waits. */
  live(contest: string): Promise<values.Live> {
    return this.#door.ask("GET", `admin/contests/${contest}/live/`);
  }

  results(contest: string): Promise<values.Results> {
    return this.#door.ask("GET", `admin/contests/${contest}/results/`, { query: { format: "json" } });
  }

  resultsFile(contest: string, format: "csv" | "xlsx" | "json"): Promise<Blob> {
    return this.#door.file(`admin/contests/${contest}/results/`, { query: { format } });
  }
}

class Questions {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(contest_id: string, part: Part = {}): Promise<Listed<values.StaffQuestion>> {
    return this.#door.ask("GET", "admin/questions/", { query: { contest_id, ...part } });
  }

  one(question: string): Promise<values.StaffQuestion> {
    return this.#door.ask("GET", `admin/questions/${question}/`);
  }

  create(contest_id: string, label: string, title: string, more: Partial<values.QuestionSettings> = {}): Promise<values.StaffQuestion> {
    return this.#door.ask("POST", "admin/questions/", { body: { ...more, contest_id, label, title } });
  }

  change(question: string, changed: Partial<values.QuestionSettings>, version?: number): Promise<values.StaffQuestion> {
    return this.#door.ask("PUT", `admin/questions/${question}/`, { body: changed, version });
  }

  remove(question: string): Promise<void> {
    return this.#door.ask("DELETE", `admin/questions/${question}/`);
  }
}

class Groups {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(contest_id: string, part: Part = {}): Promise<Listed<values.StaffGroup>> {
    return this.#door.ask("GET", "admin/groups/", { query: { contest_id, ...part } });
  }

  one(group: string): Promise<values.StaffGroup> {
    return this.#door.ask("GET", `admin/groups/${group}/`);
  }

  create(contest_id: string, name: string, more: Partial<values.GroupSettings> = {}): Promise<values.StaffGroup> {
    return this.#door.ask("POST", "admin/groups/", { body: { ...more, contest_id, name } });
  }

  change(group: string, changed: Partial<values.GroupSettings>, version?: number): Promise<values.StaffGroup> {
    return this.#door.ask("PUT", `admin/groups/${group}/`, { body: changed, version });
  }
}

class Participants {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(
    contest_id: string,
    filters: Part & { search?: string; group_id?: string; ranked?: boolean; hidden?: boolean } = {},
  ): Promise<Listed<values.Participant>> {
    return this.#door.ask("GET", "admin/participants/", { query: { contest_id, ...filters } });
  }

  one(participant: string): Promise<values.Participant> {
    return this.#door.ask("GET", `admin/participants/${participant}/`);
  }

  create(contest_id: string, name: string, more: Partial<values.ParticipantSettings> = {}): Promise<values.Participant> {
    return this.#door.ask("POST", "admin/participants/", { body: { ...more, contest_id, name } });
  }

  change(participant: string, changed: Partial<values.ParticipantSettings>, version?: number): Promise<values.Participant> {
    return this.#door.ask("PUT", `admin/participants/${participant}/`, { body: changed, version });
  }

  remove(participant: string): Promise<void> {
    return this.#door.ask("DELETE", `admin/participants/${participant}/`);
  }

  /** By a file of type text/csv or application/json, all or nothing. `preview`: change nothing, say what it would do. */
  bring(contest_id: string, file: Blob, preview = false): Promise<values.Imported> {
    return this.#door.ask("POST", "admin/participants/import/", { query: { contest_id, preview }, body: file });
  }

  /** Of these people, or of all who have none; told this once. A new code ends the old one. */
  async giveCodes(contest_id: string, participant_ids?: readonly string[]): Promise<readonly values.PersonalCode[]> {
    const body = { contest_id, participant_ids };
    return (await this.#door.ask<{ items: readonly values.PersonalCode[] }>("POST", "admin/participants/codes/", { body })).items;
  }

  token(participant: string, ttl_s = 43_200): Promise<{ readonly token: string; readonly expires_at: string }> {
    return this.#door.ask("POST", `admin/participants/${participant}/token/`, { body: { ttl_s } });
  }
}

class Submissions {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  /** All of them with their verdicts, in order of arrival. */
  all(contest_id: string, part: Part = {}): Promise<Listed<values.StoredSubmission>> {
    return this.#door.ask("GET", "admin/submissions/", { query: { contest_id, ...part } });
  }

  /** What was handed in, and the opinions given on it. */
  one(submission: string): Promise<values.OpenedSubmission> {
    return this.#door.ask("GET", `admin/submissions/${submission}/`);
  }

  remove(submission: string): Promise<void> {
    return this.#door.ask("DELETE", `admin/submissions/${submission}/`);
  }
}

class Grading {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  queue(contest_id: string, filters: Part & { question_id?: string; state?: values.QueueState } = {}): Promise<Listed<values.Queued>> {
    return this.#door.ask("GET", "admin/grading/queue/", { query: { contest_id, ...filters } });
  }

  /** The next piece of work, or this submission, for ten minutes. Undefined: there is nothing to do. */
  claim(contest_id: string, which: { question_id?: string; submission_id?: string } = {}): Promise<values.Work | undefined> {
    return this.#door.ask("POST", "admin/grading/claim/", { body: { ...which, contest_id } });
  }

  /** Until when the claim lasts now. */
  async renew(submission_id: string): Promise<string> {
    return (await this.#door.ask<{ until: string }>("POST", "admin/grading/claim/renew/", { body: { submission_id } })).until;
  }

  release(submission_id: string): Promise<void> {
    return this.#door.ask("POST", "admin/grading/claim/release/", { body: { submission_id } });
  }

  judge(submission_id: string, grade: values.Grade): Promise<values.Judgement> {
    return this.#door.ask("POST", "admin/grading/manual/", { body: { ...grade, submission_id } });
  }

  /** An organiser's last word, whatever was before. */
  override(submission_id: string, reason: string, grade: Pick<values.Grade, "verdict" | "score" | "comment">): Promise<values.Judgement> {
    return this.#door.ask("POST", "admin/grading/override/", { body: { ...grade, submission_id, reason } });
  }

  /** The submission is unjudged again, or the next older judgement counts. */
  withdraw(judgement: string): Promise<void> {
    return this.#door.ask("DELETE", `admin/grading/manual/${judgement}/`);
  }

  /** What a contestant handed over (a work's `file.id`). */
  file(file: string): Promise<Blob> {
    return this.#door.file(`admin/files/${file}/`);
  }
}

class Announcements {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(contest_id: string, filters: Part & { to?: "all" | "groups" | "person" } = {}): Promise<Listed<values.Announced>> {
    return this.#door.ask("GET", "admin/announcements/", { query: { contest_id, ...filters } });
  }

  /** To everybody, or to some groups, or to one person. */
  post(contest_id: string, text: string, to: { group_ids?: readonly string[]; participant_id?: string } = {}): Promise<values.Announced> {
    return this.#door.ask("POST", "admin/announcements/", { body: { ...to, contest_id, text } });
  }
}

class Clarifications {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(contest_id: string, filters: Part & { state?: "open" | "claimed" | "answered" } = {}): Promise<Listed<values.StaffClarification>> {
    return this.#door.ask("GET", "admin/clarifications/", { query: { contest_id, ...filters } });
  }

  one(clarification: string): Promise<values.StaffClarification> {
    return this.#door.ask("GET", `admin/clarifications/${clarification}/`);
  }

  /** Be the one who answers it, for ten minutes; again: for ten more. */
  claim(clarification: string): Promise<values.StaffClarification> {
    return this.#door.ask("POST", `admin/clarifications/${clarification}/claim/`, { body: {} });
  }

  release(clarification: string): Promise<void> {
    return this.#door.ask("POST", `admin/clarifications/${clarification}/release/`, { body: {} });
  }

  answer(clarification: string, text: string, to_all = false): Promise<values.StaffClarification> {
    return this.#door.ask("POST", `admin/clarifications/${clarification}/answer/`, { body: { text, to_all } });
  }
}

class CannedAnswers {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(contest_id: string, part: Part = {}): Promise<Listed<values.CannedAnswer>> {
    return this.#door.ask("GET", "admin/canned-answers/", { query: { contest_id, ...part } });
  }

  create(contest_id: string, title: string, text: string): Promise<values.CannedAnswer> {
    return this.#door.ask("POST", "admin/canned-answers/", { body: { contest_id, title, text } });
  }

  remove(canned: string): Promise<void> {
    return this.#door.ask("DELETE", `admin/canned-answers/${canned}/`);
  }
}

class Audit {
  readonly #door: Door;
  constructor(door: Door) {
    this.#door = door;
  }

  all(
    filters: Part & { contest_id?: string; actor_id?: string; action?: string; subject_id?: string; since?: string; until?: string } = {},
  ): Promise<Listed<values.AuditRow>> {
    return this.#door.ask("GET", "admin/audit/", { query: { ...filters } });
  }
}

/**
 * Owner: a page or a program. Holds the token (or, with the cookie, the CSRF token) of one log-in; `token` of the options may be an API key.
 * Each call throws `Refused` (the server said no) or what fetch throws (no answer: whether it was done is not known; `isAway` knows both).
 */
export class StaffRest {
  readonly session: Session;
  readonly people: People;
  readonly keys: ApiKeys;
  readonly contests: Contests;
  readonly questions: Questions;
  readonly groups: Groups;
  readonly participants: Participants;
  readonly submissions: Submissions;
  readonly grading: Grading;
  readonly announcements: Announcements;
  readonly clarifications: Clarifications;
  readonly cannedAnswers: CannedAnswers;
  readonly audit: Audit;

  constructor(options: DoorOptions = {}) {
    const door = new Door(options);
    this.session = new Session(door);
    this.people = new People(door);
    this.keys = new ApiKeys(door);
    this.contests = new Contests(door);
    this.questions = new Questions(door);
    this.groups = new Groups(door);
    this.participants = new Participants(door);
    this.submissions = new Submissions(door);
    this.grading = new Grading(door);
    this.announcements = new Announcements(door);
    this.clarifications = new Clarifications(door);
    this.cannedAnswers = new CannedAnswers(door);
    this.audit = new Audit(door);
  }
}
