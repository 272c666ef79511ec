/** What goes over `/ws/contest/<id>`, exactly as protocol.md has it. Times are RFC 3339 texts in UTC. */

export type Scoring = "icpc" | "ioi";
export type Role = "viewer" | "contestant" | "proctor" | "grader" | "organiser" | "operator";
export type ContestState = "draft" | "scheduled" | "ongoing" | "ended" | "finalized";

/** One team on one problem. Left out means 0, false, none. */
export interface Cell {
  readonly num_judged?: number;
  readonly num_pending?: number;
  readonly solved?: boolean;
  readonly time_min?: number | null;
  readonly first_to_solve?: boolean;
  readonly points?: number | null;
}

export interface Problem {
  readonly id: string;
  readonly label: string;
  readonly name: string;
  readonly color?: string | null;
}

export interface Group {
  readonly id: string;
  readonly name: string;
}

/** A row as it is sent: members with their left-out value may be absent. */
export interface SentRow {
  readonly id: string;
  readonly name: string;
  readonly rank: number | null;
  readonly group_ids?: readonly string[];
  readonly ranked?: boolean;
  readonly hidden?: boolean;
  readonly solved?: number;
  readonly penalty_min?: number;
  readonly last_min?: number;
  readonly score?: number;
  readonly external_id?: string | null;
  readonly cells?: Readonly<Record<string, Cell>>;
}

export interface SentBoard {
  readonly scoring: Scoring;
  readonly problems: readonly Problem[];
  readonly groups: readonly Group[];
  readonly rows: readonly SentRow[];
}

/** What changed of one row: members that are there replace; in `cells`, null removes. */
export interface RowChange {
  readonly id: string;
  readonly name?: string;
  readonly group_ids?: readonly string[];
  readonly ranked?: boolean;
  readonly hidden?: boolean;
  readonly solved?: number;
  readonly penalty_min?: number;
  readonly last_min?: number;
  readonly score?: number;
  readonly external_id?: string | null;
  readonly cells?: Readonly<Record<string, Cell | null>>;
}

export interface BoardChange {
  readonly rows: readonly RowChange[];
  readonly gone: readonly string[];
  readonly problems?: readonly Problem[];
  readonly groups?: readonly Group[];
  readonly scoring?: Scoring;
}

export interface Clock {
  readonly at: string | null;
  readonly contest_time_s: number;
  readonly rate: number;
}

/** A contest as everybody may see it. A larger `version` is newer. */
export interface Status {
  readonly version: number;
  readonly title: string;
  readonly state: ContestState;
  readonly public: boolean;
  readonly rehearsal: boolean;
  readonly scoring: Scoring;
  readonly penalty_s: number;
  readonly start_at: string | null;
  readonly end_at: string | null;
  readonly duration_s: number;
  readonly freeze_after_s: number | null;
  readonly frozen: boolean;
  readonly frozen_from_s: number | null;
  readonly started_at: string | null;
  readonly frozen_at: string | null;
  readonly ended_at: string | null;
  readonly thawed_at: string | null;
  readonly finalized_at: string | null;
  readonly clock: Clock;
  readonly theme: Readonly<Record<string, string>> | null;
  /** The clock stands until somebody lets it go on. */
  readonly paused: boolean;
  readonly description: string;
  /** What everybody has from their own start; null: all have the whole duration. */
  readonly own_time_s: number | null;
  /** When contestants learn their verdicts, and the board shows any: `verdictsAreTold`. */
  readonly feedback: "at_once" | "after_end" | "never";
}

export interface Announcement {
  readonly id: string;
  readonly text: string;
  readonly posted_at: string;
}

/** What of one's time is one's own, in contest seconds; `started_s` and `handed_in_at` null: not yet. */
export interface Turn {
  readonly delay_s: number;
  readonly extra_s: number;
  readonly factor: number;
  readonly started_s: number | null;
  readonly handed_in_at: string | null;
}

/** What a contestant asked. `problem`: a label, null for none; `answer` null: not answered yet; `to_all`: everybody got both as an announcement. */
export interface Clarification {
  readonly id: string;
  readonly text: string;
  readonly question_id: string | null;
  readonly problem: string | null;
  readonly asked_at: string;
  readonly contest_time_s: number;
  readonly answer: string | null;
  readonly answered_at: string | null;
  readonly to_all: boolean;
}

/** `verdict`: a CLICS judgement type (`AC`, `WA`, ...); null while unjudged. `comment`: a grader's words. */
export interface Submission {
  readonly id: string;
  readonly problem: string;
  readonly contest_time_s: number;
  readonly verdict: string | null;
  readonly score: number | null;
  readonly comment?: string;
}

/** Where a log stands: within one epoch, `seq` counts from 1 without gaps. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export interface Logged extends Position {
  readonly log: string;
}

export interface Hello {
  readonly type: "hello";
  readonly protocol: string;
  readonly session: string;
  readonly contest: string;
  readonly role: Role;
  readonly server_time: string;
  readonly heartbeat_s: number;
  readonly renew_before: string | null;
  readonly logs: Readonly<Record<string, Position>>;
}

export interface BoardSnapshot extends Logged {
  readonly type: "board.snapshot";
  readonly board: SentBoard;
}

export interface BoardDelta extends Logged, BoardChange {
  readonly type: "board.delta";
  readonly since: number;
}

export interface EventsSnapshot extends Logged {
  readonly type: "events.snapshot";
  readonly status: Status | null;
  readonly announcements: readonly Announcement[];
}

export interface ContestStatus extends Logged {
  readonly type: "contest.status";
  readonly status: Status;
}

export interface AnnouncementPosted extends Logged {
  readonly type: "announcement.posted";
  readonly announcement: Announcement;
}

export interface VerdictReached extends Logged {
  readonly type: "verdict.reached";
  readonly submission: Submission;
  readonly participant_id?: string;
}

export interface SubmissionReceived extends Logged {
  readonly type: "submission.received";
  readonly submission: Submission;
  readonly participant_id?: string;
}

/** A device of this contestant has saved an answer, which has this version now. */
export interface AnswerSaved extends Logged {
  readonly type: "answer.saved";
  readonly question_id: string;
  readonly version: number;
  readonly device: string;
  readonly saved_at: string;
}

export interface TurnChanged extends Logged {
  readonly type: "turn.changed";
  readonly turn: Turn;
}

/** `participant_id`: on staff's lines, as in the next. */
export interface ClarificationAsked extends Logged {
  readonly type: "clarification.asked";
  readonly clarification: Clarification;
  readonly participant_id?: string;
}

export interface ClarificationAnswered extends Logged {
  readonly type: "clarification.answered";
  readonly clarification: Clarification;
  readonly participant_id?: string;
  readonly answered_by?: string;
}

/** Staff: `person_id` answers it, until `until` unless they claim it again. */
export interface ClarificationClaimed extends Logged {
  readonly type: "clarification.claimed";
  readonly id: string;
  readonly person_id: string;
  readonly until: string;
}

export interface ClarificationReleased extends Logged {
  readonly type: "clarification.released";
  readonly id: string;
}

/** The last of each, oldest first. `announcements`: to this contestant or a group of theirs. */
export interface InboxSnapshot extends Logged {
  readonly type: "inbox.snapshot";
  /** null: not known here, ask over REST. */
  readonly turn: Turn | null;
  readonly submissions: readonly Submission[];
  readonly announcements: readonly Announcement[];
  readonly clarifications: readonly Clarification[];
}

export interface LogSnapshot extends Logged {
  readonly type: "log.snapshot";
}

export interface Resync {
  readonly type: "resync";
  readonly log: string;
  readonly reason: "epoch" | "behind" | "slow";
}

export interface Heartbeat {
  readonly type: "heartbeat";
  readonly server_time: string;
}

export interface TimeTold {
  readonly type: "time.told";
  readonly asked: number;
  readonly server_time: string;
}

export interface TicketRenewed {
  readonly type: "ticket.renewed";
  readonly renew_before: string;
}

export interface Draining {
  readonly type: "draining";
  readonly reconnect_after_ms: number;
}

export interface SessionRevoked {
  readonly type: "session.revoked";
  readonly reason: string;
}

export interface ErrorFrame {
  readonly type: "error";
  readonly error: { readonly code: string; readonly message: string; readonly details: readonly { readonly field: string; readonly message: string }[] };
}

export type LoggedFrame =
  | BoardSnapshot
  | BoardDelta
  | EventsSnapshot
  | ContestStatus
  | AnnouncementPosted
  | VerdictReached
  | SubmissionReceived
  | AnswerSaved
  | TurnChanged
  | ClarificationAsked
  | ClarificationClaimed
  | ClarificationReleased
  | ClarificationAnswered
  | InboxSnapshot
  | LogSnapshot;

export type FromServer =
  | LoggedFrame
  | Hello
  | Resync
  | Heartbeat
  | TimeTold
  | TicketRenewed
  | Draining
  | SessionRevoked
  | ErrorFrame;

export type FromClient =
  | { readonly type: "heartbeat" }
  | { readonly type: "time.ask"; readonly asked: number }
  | { readonly type: "ticket.renew"; readonly ticket: string };

/** A text frame as a value; null for what is no JSON object with a `type`. Types we do not know pass: the caller ignores them. */
export function parseFrame(text: string): FromServer | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || typeof (value as { type?: unknown }).type !== "string") return null;
  return value as FromServer;
}

/** True if the frame has a place in a log, whether or not we know its type. */
export function isLogged(frame: FromServer): frame is LoggedFrame {
  const { log, epoch, seq } = frame as Partial<Logged>;
  return typeof log === "string" && typeof epoch === "string" && typeof seq === "number";
}
