/** A contest as it is now: the board, the status, announcements and one's own submissions, kept by snapshots and what follows them. */

import { apply, wholeBoard, type Board } from "./boards.ts";
import { contestTimeS, steadyNow } from "./clock.ts";
import { FrameLog, type FrameNote } from "./frame_log.ts";
import { LineKeeper, type Line } from "./line.ts";
import { caughtUp, have, place } from "./logs.ts";
import { isLogged, type Announcement, type BoardDelta, type Clarification, type FromServer, type Hello } from "./messages.ts";
import type { AnswerSaved, InboxSnapshot, LoggedFrame, Position, Status, Submission, Turn } from "./messages.ts";
import { getStatus, getTicket } from "./rest.ts";

export type { Line } from "./line.ts";

export interface FeedOptions {
  readonly contest: string;
  /** Origin of the server, `https://podium.example`; default: the page's own. */
  readonly origin?: string;
  /** An access token, or what gives the present one; tickets are then fetched with it. None: watch as the public. */
  readonly token?: string | (() => string | null);
  /** How to get a fresh ticket, if not by `token`. */
  readonly ticket?: () => Promise<string>;
  /** How many frames to keep for finding faults; default none. */
  readonly keepFrames?: number;
}

export interface BoardChanged {
  /** null: the first board. */
  readonly before: Board | null;
  readonly board: Board;
  /** `delta`: something happened; `snapshot`: we came in, or were brought up to date. */
  readonly cause: "snapshot" | "delta";
  /** Row id -> labels of the cells that are not as before (deltas only). */
  readonly cells: ReadonlyMap<string, readonly string[]>;
}

export interface FeedEvents {
  board: BoardChanged;
  status: Status;
  /** `isNew` false: it was there before we came. `toMe`: it is not for everybody. */
  announcement: { readonly announcement: Announcement; readonly isNew: boolean; readonly toMe: boolean };
  /** Asked or answered; `participantId` on staff's lines. */
  clarification: { readonly clarification: Clarification; readonly participantId: string | null; readonly isNew: boolean };
  /** One's own time. */
  turn: Turn;
  /** A device of one's own, this one too, has saved an answer. */
  answer: AnswerSaved;
  /** Staff: who answers one, until when; null: nobody any more. */
  claim: { readonly clarificationId: string; readonly personId: string | null; readonly until: string | null };
  /** Received or judged; `participantId` on staff's lines. */
  submission: { readonly submission: Submission; readonly participantId: string | null; readonly isNew: boolean };
  line: Line;
  /** Every frame that is not about the line, those of unknown type included. */
  frame: FromServer;
}

type Listeners = { [Name in keyof FeedEvents]: Set<(event: FeedEvents[Name]) => void> };

/** Connects on construction. Owner: whoever made it; bound: one board, one contest's announcements, `keepFrames` frames. */
export class ContestFeed {
  board: Board | null = null;
  status: Status | null = null;
  line: Line = { state: "connecting" };
  hello: Hello | null = null;
  announcements: readonly Announcement[] = [];
  /** One's own time; null: not known here, ask over REST. */
  turn: Turn | null = null;
  /** Those to this contestant or a group of theirs, oldest first. */
  ownAnnouncements: readonly Announcement[] = [];
  /** What this contestant asked, oldest first. */
  clarifications: readonly Clarification[] = [];
  /** One's own, oldest first. */
  submissions: readonly Submission[] = [];
  #options: FeedOptions;
  #positions: Record<string, Position> = {};
  #frames: FrameLog;
  #keeper: LineKeeper;
  #listeners: Listeners = {
    board: new Set(),
    status: new Set(),
    announcement: new Set(),
    clarification: new Set(),
    claim: new Set(),
    turn: new Set(),
    answer: new Set(),
    submission: new Set(),
    line: new Set(),
    frame: new Set(),
  };

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#frames = new FrameLog(options.keepFrames ?? 0);
    const calls = {
      url: () => this.#url(),
      ticket: this.#ticket(),
      probe: () => getStatus(options.contest, this.#rest()),
      onHello: (hello: Hello) => this.#greeted(hello),
      onFrame: (frame: FromServer) => this.#take(frame),
      onLine: (line: Line) => this.#setLine(line),
    };
    this.#keeper = new LineKeeper(calls, this.#frames);
    this.#keeper.start();
  }

  /** Call `listener` on each such event; gives back what ends it. */
  on<Name extends keyof FeedEvents>(name: Name, listener: (event: FeedEvents[Name]) => void): () => void {
    this.#listeners[name].add(listener);
    return () => this.#listeners[name].delete(listener);
  }

  close(): void {
    this.#keeper.stop();
  }

  /** Reconnect now instead of waiting. */
  now(): void {
    this.#keeper.now();
  }

  /** The server's time, in milliseconds since 1970. */
  serverNow(): number {
    return steadyNow() + this.#keeper.clock.offsetMs();
  }

  /** Contest seconds now; null before there is a status, or while the contest has no start. */
  contestTimeS(): number | null {
    return this.status === null ? null : contestTimeS(this.status, this.serverNow());
  }

  /** When the server was last heard (Date.now() milliseconds); null: never. */
  heardAt(): number | null {
    return this.#keeper.heardAt;
  }

  positions(): Readonly<Record<string, Position>> {
    return this.#positions;
  }

  frames(): readonly FrameNote[] {
    return this.#frames.notes();
  }

  #rest(): { origin?: string; token?: string | (() => string | null) } {
    const { origin, token } = this.#options;
    return { ...(origin === undefined ? {} : { origin }), ...(token === undefined ? {} : { token }) };
  }

  #ticket(): (() => Promise<string>) | null {
    const { ticket, token, contest } = this.#options;
    if (ticket !== undefined) return ticket;
    if (token === undefined) return null;
    return async () => (await getTicket(contest, this.#rest())).ticket;
  }

  #url(): string {
    const origin = this.#options.origin ?? location.origin;
    const held = have(this.#positions);
    const address = `${origin.replace(/^http/, "ws")}/ws/contest/${encodeURIComponent(this.#options.contest)}`;
    return held === "" ? address : `${address}?have=${held}`;
  }

  #greeted(hello: Hello): void {
    this.hello = hello;
    this.#perhapsLive();
  }

  #setLine(line: Line): void {
    this.line = line;
    this.#emit("line", line);
    this.#perhapsLive();
  }

  #take(frame: FromServer): void {
    if (isLogged(frame)) {
      const where = place(this.#positions[frame.log], frame);
      if (where === "gap") {
        this.#keeper.outOfStep();
        return;
      }
      if (where === "take") {
        this.#positions[frame.log] = { epoch: frame.epoch, seq: frame.seq };
        this.#read(frame);
      }
    } else if (frame.type === "resync") {
      delete this.#positions[frame.log];
    }
    this.#emit("frame", frame);
    this.#perhapsLive();
  }

  #perhapsLive(): void {
    if (this.line.state === "catching_up" && this.hello !== null && caughtUp(this.#positions, this.hello.logs)) {
      this.#setLine({ state: "live" });
    }
  }

  #read(frame: LoggedFrame): void {
    switch (frame.type) {
      case "board.snapshot":
        this.#setBoard(wholeBoard(frame.board), "snapshot", new Map());
        return;
      case "board.delta":
        if (this.board !== null) this.#setBoard(apply(this.board, frame), "delta", touched(frame));
        return;
      case "events.snapshot":
        if (frame.status !== null) this.#setStatus(frame.status);
        this.#setAnnouncements(frame.announcements);
        return;
      case "contest.status":
        this.#setStatus(frame.status);
        return;
      case "announcement.posted":
        this.#announced(frame.announcement, frame.log === "inbox");
        return;
      case "inbox.snapshot":
        this.#setInbox(frame);
        return;
      case "turn.changed":
        this.#setTurn(frame.turn);
        return;
      case "answer.saved":
        this.#emit("answer", frame);
        return;
      case "clarification.asked":
      case "clarification.answered":
        this.#setClarification(frame.clarification, frame.participant_id ?? null);
        return;
      case "clarification.claimed":
        this.#emit("claim", { clarificationId: frame.id, personId: frame.person_id, until: frame.until });
        return;
      case "clarification.released":
        this.#emit("claim", { clarificationId: frame.id, personId: null, until: null });
        return;
      case "submission.received":
      case "verdict.reached":
        this.#setSubmission(frame.submission, frame.participant_id ?? null);
    }
  }

  #setBoard(board: Board, cause: BoardChanged["cause"], cells: BoardChanged["cells"]): void {
    const before = this.board;
    this.board = board;
    this.#emit("board", { before, board, cause, cells });
  }

  #setStatus(status: Status): void {
    if (this.status !== null && status.version < this.status.version) return;
    this.status = status;
    this.#emit("status", status);
  }

  #setAnnouncements(announcements: readonly Announcement[]): void {
    const known = new Set(this.announcements.map((one) => one.id));
    this.announcements = announcements;
    for (const announcement of announcements) {
      if (!known.has(announcement.id)) this.#emit("announcement", { announcement, isNew: false, toMe: false });
    }
  }

  /** The same one told again is no news (protocol.md, announcement.posted). */
  #announced(announcement: Announcement, toMe: boolean): void {
    const held = toMe ? this.ownAnnouncements : this.announcements;
    if (toMe) this.ownAnnouncements = replaced(held, announcement);
    else this.announcements = replaced(held, announcement);
    if (!held.some((one) => one.id === announcement.id)) this.#emit("announcement", { announcement, isNew: true, toMe });
  }

  #setTurn(turn: Turn): void {
    this.turn = turn;
    this.#emit("turn", turn);
  }

  #setInbox(inbox: InboxSnapshot): void {
    if (inbox.turn) this.#setTurn(inbox.turn);
    const known = new Set(this.ownAnnouncements.map((one) => one.id));
    this.submissions = inbox.submissions;
    // A server of the version before sends submissions alone.
    this.ownAnnouncements = inbox.announcements ?? [];
    this.clarifications = inbox.clarifications ?? [];
    for (const submission of this.submissions) this.#emit("submission", { submission, participantId: null, isNew: false });
    for (const announcement of this.ownAnnouncements) {
      if (!known.has(announcement.id)) this.#emit("announcement", { announcement, isNew: false, toMe: true });
    }
    for (const clarification of this.clarifications) {
      this.#emit("clarification", { clarification, participantId: null, isNew: false });
    }
  }

  #setClarification(clarification: Clarification, participantId: string | null): void {
    if (participantId === null) {
      this.clarifications = replaced(this.clarifications, clarification);
    }
    this.#emit("clarification", { clarification, participantId, isNew: true });
  }

  #setSubmission(submission: Submission, participantId: string | null): void {
    if (participantId === null) this.submissions = replaced(this.submissions, submission);
    this.#emit("submission", { submission, participantId, isNew: true });
  }

  #emit<Name extends keyof FeedEvents>(name: Name, event: FeedEvents[Name]): void {
    for (const listener of this.#listeners[name]) listener(event);
  }
}

/** `items` with `item` in the place of the one with its id, else at the end. */
function replaced<Item extends { readonly id: string }>(items: readonly Item[], item: Item): readonly Item[] {
  return items.some((one) => one.id === item.id) ? items.map((one) => (one.id === item.id ? item : one)) : [...items, item];
}

function touched(delta: BoardDelta): Map<string, readonly string[]> {
  return new Map(delta.rows.map((row) => [row.id, Object.keys(row.cells ?? {})]));
}

/** Follow a contest: `follow({ contest }).on("board", ...)`. */
export function follow(options: FeedOptions): ContestFeed {
  return new ContestFeed(options);
}
