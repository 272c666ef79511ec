/**
 * What the contestant's page knows: who is logged in, whose turn it is, the paper with its answers, and what was told. It decides when to
 * ask the server for what; the answers' saving is answers.svelte.ts's, how things look is the components'.
 */

import { ContestFeed, Refused, type Announcement, type Board, type FromServer, type Line, type Status, type Submission } from "@podium/client";
import type { Language } from "../lang/take.ts";
import type { Address, Credential } from "./address.ts";
import type { Answers, AnswerState } from "./answers.svelte.ts";
import { Calls, type Clarification, type Me, type Paper, type Session, type Turn } from "./calls.ts";
import { thisDevice } from "./device.ts";
import { Door, isAway } from "./door.ts";
import { Told } from "./told.svelte.ts";
import { endOf, newsOfEnd, newsOfStatus, type End, type TimeNews } from "./time_news.ts";
import { isPaused, ownTimeOf, toldIn, turnNow, type Now } from "./turns.ts";
import type { Typed } from "./typed.ts";

/** looking: asking who this is. log_in: nobody yet. in. none: there is no such contest. */
export type Gate = "looking" | "log_in" | "in" | "none";

/** Why the log-in form stands there. wrong: no such code. link: the link's code is not good any more. often: wait. ended: it was good, and is over. */
export type Reason = "first" | "wrong" | "link" | "often" | "ended" | "bye";

/** A hall that starts at one moment does not ask at one moment. */
const SPREAD_MS = 800;
const LOOK_AGAIN_MS = 4_000;

/** Owner: the page. Holds one feed, one paper, one set of answers. */
export class TakeModel {
  readonly address: Address;
  readonly words: Language;
  readonly device = thisDevice();
  readonly calls: Calls;
  gate: Gate = $state("looking");
  reason: Reason = $state("first");
  /** Seconds until another code may be tried. */
  waitS = $state(0);
  isAsking = $state(false);
  /** Nothing could be reached yet; when it is tried again (Date.now()). */
  nextLookAt: number | null = $state(null);
  session: Session | null = $state.raw(null);
  me: Me | null = $state.raw(null);
  paper: Paper | null = $state.raw(null);
  answers: Answers | null = $state.raw(null);
  told: Told | null = $state.raw(null);
  feed: ContestFeed | null = null;
  line: Line = $state.raw({ state: "connecting" });
  status: Status | null = $state.raw(null);
  turn: Turn | null = $state.raw(null);
  board: Board | null = $state.raw(null);
  submissions: readonly Submission[] = $state.raw([]);
  heardAt: number | null = $state(null);
  serverMs = $state(Date.now());
  contestS: number | null = $state(null);
  isAgreed = $state(false);
  isStarting = $state(false);
  /** The server's words against a start or a hand-in. */
  complaint = $state("");
  chosen: string | null = $state(null);
  areKeysShown = $state(false);
  isHandingIn = $state(false);
  spoken = $state("");
  #looking: ReturnType<typeof setTimeout> | undefined;
  #refreshing: Promise<void> | null = null;
  #isStale = false;
  #isDeviceKnown = false;
  /** Turns that the line brought: what was read before one of them came is older. */
  #turnsHeard = 0;
  #pausedAtMs: number | null = null;

  now: Now | null = $derived.by(() =>
    this.status === null || this.turn === null
      ? null
      : turnNow(this.status, this.turn, this.paper?.attempt ?? this.me?.attempt ?? null, this.serverMs, this.contestS),
  );
  stage: Now["stage"] | null = $derived(this.now?.stage ?? null);
  ownTimeS: number | null = $derived(this.status === null ? null : ownTimeOf(this.status));
  /** Answers may be changed, submitted only while `canSubmit`. */
  canWork: boolean = $derived(this.answers !== null && (this.stage === "running" || this.stage === "paused"));
  canSubmit: boolean = $derived(this.answers !== null && this.stage === "running");
  isShownAtOnce: boolean = $derived((toldIn(this.status).feedback ?? "at_once") === "at_once");
  current: AnswerState | null = $derived(this.answers?.of(this.chosen ?? "") ?? this.answers?.list[0] ?? null);
  /** My own row of the board, if it is on it. */
  row = $derived(this.board?.rows.find((row) => row.id === this.session?.participant.id) ?? null);

  constructor(address: Address, words: Language) {
    this.address = address;
    this.words = words;
    const door = new Door();
    this.calls = new Calls(door, address.contest);
    door.onOut = () => this.#out();
    door.renew = async () => {
      door.csrf = (await this.calls.session()).csrf;
    };
  }

  /** At the start: with what the link brought, or who was logged in before. */
  async enter(by: Credential | null): Promise<void> {
    clearTimeout(this.#looking);
    this.gate = "looking";
    this.nextLookAt = null;
    try {
      const session = by === null ? await this.calls.session() : await this.calls.logIn(by);
      await this.#in(session);
    } catch (error) {
      if (isAway(error)) {
        this.nextLookAt = Date.now() + LOOK_AGAIN_MS;
        this.#looking = setTimeout(() => void this.enter(by), LOOK_AGAIN_MS);
      } else this.#refusedAtDoor(error, by === null ? "first" : "link");
    }
  }

  async logIn(code: string): Promise<void> {
    this.isAsking = true;
    try {
      await this.#in(await this.calls.logIn({ code }));
    } catch (error) {
      if (isAway(error) && !(error instanceof Refused && error.status === 429)) this.reason = this.reason === "ended" ? "ended" : "first";
      this.#refusedAtDoor(error, "wrong");
    } finally {
      this.isAsking = false;
    }
  }

  async logOut(): Promise<void> {
    try {
      await this.calls.logOut();
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.complaint = this.words.say("error.away");
        return;
      }
    }
    this.#leave("bye");
  }

  tick(): void {
    if (this.waitS > 0) this.waitS = Math.max(0, this.waitS - 0.25);
    if (this.feed === null) return;
    const stage = this.stage;
    this.serverMs = this.feed.serverNow();
    this.contestS = this.feed.contestTimeS();
    this.heardAt = this.feed.heardAt();
    if (this.stage !== stage) this.#staged(stage);
  }

  /** Start one's own time, or take part. */
  async start(): Promise<void> {
    if (this.isStarting) return;
    this.isStarting = true;
    this.complaint = "";
    try {
      await this.calls.start(this.isAgreed, this.device);
      this.#isDeviceKnown = true;
      await this.refresh();
    } catch (error) {
      this.complaint = error instanceof Refused ? error.message : this.words.say("error.away");
    } finally {
      this.isStarting = false;
    }
  }

  /** Who am I, and the paper as far as it may be seen. One at a time; asked while asking: once more after. */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  leaving(): void {
    this.answers?.leaving();
  }

  reconnect(): void {
    this.feed?.now();
    this.answers?.now();
  }

  type(answer: AnswerState, typed: Typed): void {
    if (!this.canWork) return;
    if (typed.kind === "code") rememberLanguage(typed.language);
    this.answers?.type(answer, typed);
  }

  /** Judge this: null, or why not. */
  async submit(answer: AnswerState): Promise<string | null> {
    const { value } = answer;
    if (value === undefined || value === null) return this.words.say("submit.empty");
    const { typed, question } = answer;
    try {
      await this.calls.submit({
        question_id: question.id,
        ...(typed.kind === "code" ? { source: typed.source, language: typed.language } : { answer: value }),
      });
      this.spoken = this.words.say("submit.sent", { label: question.label });
      return null;
    } catch (error) {
      return error instanceof Refused ? error.message : this.words.say("submit.away");
    }
  }

  async handIn(): Promise<string | null> {
    const attempt = this.paper?.attempt;
    if (attempt == null || this.answers === null) return null;
    if (!(await this.answers.settle())) return this.words.say("hand_in.unsaved");
    try {
      await this.calls.handIn(attempt.id);
      await this.refresh();
      return null;
    } catch (error) {
      return error instanceof Refused ? error.message : this.words.say("error.away");
    }
  }

  async clarify(text: string, question: string | null): Promise<string | null> {
    try {
      this.told?.clarify(await this.calls.clarify(text, question));
      return null;
    } catch (error) {
      return error instanceof Refused ? error.message : this.words.say("error.away_text");
    }
  }

  async #in(session: Session): Promise<void> {
    if (this.session !== null && this.session.participant.id !== session.participant.id) this.#forget();
    this.calls.door.csrf = session.csrf;
    this.session = session;
    this.told ??= new Told(ownerOf(session));
    // Before: when the log-in ended, saving was stopped; the answers are made anew from the paper and the drafts.
    this.answers?.stop(false);
    this.answers = null;
    this.paper = null;
    this.#follow();
    await this.refresh();
    this.gate = "in";
  }

  async #refresh(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        const heard = this.#turnsHeard;
        this.me = await this.calls.me();
        if (heard === this.#turnsHeard) this.#setTurn(this.me.turn);
        if (this.status === null || this.me.contest.version > this.status.version) this.#setStatus(this.me.contest);
        this.tick();
        await this.#loadPaper();
      } catch (error) {
        if (!isAway(error)) {
          if (error instanceof Refused && (error.status === 401 || this.me !== null)) return;
          throw error;
        }
        await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS * (0.5 + Math.random())));
        if (this.gate !== "log_in") this.#isStale = true;
      }
    }
  }

  async #loadPaper(): Promise<void> {
    const { me } = this;
    if (me === null || this.stage === "before" || this.stage === "delayed") return;
    if (me.attempt === null && (this.stage === "ready" || this.stage === "paused")) {
      if (this.stage === "ready" && this.ownTimeS === null && (me.consent === "" || this.isAgreed)) void this.start();
      return;
    }
    if (me.attempt === null) return;
    await this.#sayDevice();
    const paper = await this.calls.paper();
    this.paper = paper;
    if (paper.attempt === null) return;
    if (this.answers === null) {
      const { Answers } = await import("./parts.ts");
      if (this.session === null) return;
      const answers = new Answers(paper.attempt.id, paper.questions, this.calls, ownerOf(this.session), this.device, rememberedLanguage());
      await answers.load(paper.answers);
      this.answers = answers;
      void this.#loadClarifications();
    } else this.answers.refreshed(paper.answers);
  }

  /** Once, and before the paper is read: from then on what other devices save is told here too, also where nobody types. */
  async #sayDevice(): Promise<void> {
    if (this.#isDeviceKnown || this.stage !== "running") return;
    try {
      await this.calls.start(false, this.device);
      this.#isDeviceKnown = true;
    } catch (error) {
      // The time may have ended or been stopped since: the paper is there to read all the same.
      if (!(error instanceof Refused)) throw error;
    }
  }

  async #loadClarifications(): Promise<void> {
    try {
      for (const one of await this.calls.clarifications()) this.told?.clarify(one);
    } catch {
      // They come on the line as well.
    }
  }

  #follow(): void {
    if (this.feed !== null) return;
    this.feed = new ContestFeed({ contest: this.address.contest, ticket: () => this.calls.ticket(), keepFrames: this.address.keepFrames });
    this.feed.on("status", (status) => this.#setStatus(status));
    this.feed.on("board", ({ board }) => (this.board = board));
    this.feed.on("line", (line) => this.#setLine(line));
    this.feed.on("announcement", ({ announcement }) => this.told?.announce(announcement));
    this.feed.on("submission", ({ submission, isNew }) => this.#submitted(submission, isNew));
    this.feed.on("frame", (frame) => this.#heard(frame));
  }

  #setLine(line: Line): void {
    const before = this.line.state;
    this.line = line;
    if (line.state === "live" && before !== "live") {
      this.answers?.now();
      if (this.me !== null) void this.refresh();
    }
    if (line.state === "refused" && (line.status === 401 || line.status === 403 || line.status === 0)) this.#out();
  }

  #setStatus(status: Status): void {
    const before = this.status;
    if (before !== null && status.version < before.version) return;
    const stage = this.stage;
    const end = endOf(this.status, this.turn);
    this.status = status;
    this.tick();
    if (before === null) return;
    this.#tellTimes(before, status);
    this.#tellEnd(end);
    if (this.stage !== stage) this.#staged(stage);
  }

  #heardTurn(turn: Turn, reason = ""): void {
    this.#turnsHeard += 1;
    this.#setTurn(turn, reason);
  }

  #setTurn(turn: Turn, reason = ""): void {
    const end = endOf(this.status, this.turn);
    const stage = this.stage;
    this.turn = turn;
    this.#tellEnd(end, reason);
    if (this.stage !== stage) this.#staged(stage);
  }

  #tellEnd(before: End | null, reason = ""): void {
    const hasOwnTime = this.status !== null && ownTimeOf(this.status) !== null;
    const news = newsOfEnd(this.words, before, endOf(this.status, this.turn), hasOwnTime, reason);
    if (news !== null) this.#tellTime(news);
  }

  #tellTimes(before: Status, after: Status): void {
    if (isPaused(after) && !isPaused(before)) this.#pausedAtMs = Date.parse(after.clock.at ?? "") || this.serverMs;
    for (const news of newsOfStatus(this.words, before, after, this.#pausedAtMs)) this.#tellTime(news);
    if (!isPaused(after)) this.#pausedAtMs = null;
  }

  #tellTime(news: TimeNews): void {
    this.told?.timeChanged({ id: `time.${crypto.randomUUID()}`, kind: "time", ...news, at: this.serverMs });
  }

  /** The page's stage is another one now: what can be seen changed with it. */
  #staged(before: Now["stage"] | null): void {
    if (before === null || this.me === null) return;
    const { stage } = this;
    if (stage === "running") this.answers?.goOn();
    if (stage === "ready" || stage === "running" || this.answers === null) {
      setTimeout(() => void this.refresh(), Math.random() * SPREAD_MS);
    }
  }

  #submitted(submission: Submission, isNew: boolean): void {
    this.submissions = this.feed?.submissions ?? this.submissions;
    if (!isNew || submission.verdict === null) return;
    this.spoken = this.words.say("verdict.spoken", { label: submission.problem, verdict: verdictWord(this.words, submission.verdict) });
  }

  #heard(frame: FromServer): void {
    const it = frame as unknown as { readonly type: string; readonly [member: string]: unknown };
    switch (it.type) {
      case "inbox.snapshot":
        if (it["turn"]) this.#heardTurn(it["turn"] as Turn);
        for (const one of (it["announcements"] as readonly Announcement[] | undefined) ?? []) this.told?.announce(one);
        for (const one of (it["clarifications"] as readonly Clarification[] | undefined) ?? []) this.told?.clarify(one);
        return;
      case "announcement.posted":
        this.told?.announce(it["announcement"] as Announcement);
        return;
      case "clarification.asked":
      case "clarification.answered":
        this.told?.clarify(it["clarification"] as Clarification);
        return;
      case "turn.changed":
        this.#heardTurn(it["turn"] as Turn, typeof it["reason"] === "string" ? it["reason"] : "");
        return;
      case "answer.saved":
        void this.answers?.heard(String(it["question_id"]), Number(it["version"]), String(it["device"]));
        return;
      case "session.revoked":
        this.#out();
    }
  }

  /** The log-in has ended: saving stops, what was typed stays on this device, and the page says so. */
  #out(): void {
    if (this.gate !== "in") return;
    this.answers?.stop(true);
    this.feed?.close();
    this.feed = null;
    this.gate = "log_in";
    this.reason = "ended";
  }

  #leave(reason: Reason): void {
    this.answers?.stop(false);
    this.#forget();
    this.gate = "log_in";
    this.reason = reason;
  }

  #forget(): void {
    this.feed?.close();
    this.feed = null;
    this.answers?.stop(false);
    this.answers = null;
    this.paper = null;
    this.me = null;
    this.turn = null;
    this.status = null;
    this.board = null;
    this.submissions = [];
    this.told = null;
    this.session = null;
    this.calls.door.csrf = null;
    this.isAgreed = false;
    this.#isDeviceKnown = false;
    this.chosen = null;
  }

  #refusedAtDoor(error: unknown, otherwise: Reason): void {
    if (!(error instanceof Refused)) {
      if (!isAway(error)) throw error;
      this.complaint = this.words.say("error.away");
      return;
    }
    this.complaint = "";
    if (error.status === 404) {
      this.gate = "none";
      return;
    }
    this.gate = "log_in";
    if (error.status === 429) {
      this.reason = "often";
      this.waitS = error.retryAfterS ?? 30;
    } else if (error.code === "session.refused") this.reason = otherwise === "first" ? "wrong" : otherwise;
    else if (error.code === "session.ended" || error.code === "token.revoked" || error.code === "token.expired") this.reason = "ended";
    else if (error.status === 401 || error.status === 403) this.reason = otherwise;
    else this.complaint = error.message;
  }
}

/** What is kept on this device belongs to one contestant in one contest. */
function ownerOf(session: Session): string {
  return `${session.contest.id}.${session.participant.id}`;
}

export function verdictWord(words: Language, verdict: string): string {
  return words.has(`verdict.${verdict}`) ? words.say(`verdict.${verdict}`) : verdict;
}

const LANGUAGE_KEY = "podium.language";

function rememberLanguage(language: string): void {
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // The next question then begins with the first language.
  }
}

function rememberedLanguage(): string | null {
  try {
    return localStorage.getItem(LANGUAGE_KEY);
  } catch {
    return null;
  }
}
