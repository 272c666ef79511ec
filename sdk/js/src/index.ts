/** Follow a Podium contest in real time. `follow({ contest })` is where to start. */

export {
  AnswerQueue, webLock, type AnswerChanged, type AnswerQueueOptions, type AtServer, type Lock, type SavedState,
} from "./answer_queue.ts";
export { apply, compareMerit, compareText, inOrder, wholeBoard, type Board, type Row } from "./boards.ts";
export { contestTimeS, ServerClock, steadyNow } from "./clock.ts";
export { duty, type Duty } from "./close_codes.ts";
export * from "./contestant.ts";
export { ContestFeed, follow, type BoardChanged, type FeedEvents, type FeedOptions, type Line } from "./feed.ts";
export type { DoorOptions } from "./door.ts";
export { IndexedDrafts, MemoryDrafts, type Draft, type DraftStore } from "./drafts.ts";
export { verdictsAreTold } from "./feedback.ts";
export type { FrameNote } from "./frame_log.ts";
export type { Listed, Named, Part } from "./listed.ts";
export * from "./messages.ts";
export { getLeaderboard, getProtocol, getStatus, getTicket, isAway, Refused, type Detail, type RestOptions } from "./rest.ts";
export * from "./staff.ts";
export * from "./staff_values.ts";
export { ownWindow, type OwnWindow } from "./turns.ts";
