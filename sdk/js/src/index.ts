/** Follow a Podium contest in real time. `follow({ contest })` is where to start. */

export { AnswerQueue, MemoryDrafts, type AnswerChanged, type AnswerQueueOptions, type Draft, type DraftStore, type SavedState } from "./answer_queue.ts";
export { apply, compareMerit, compareText, inOrder, wholeBoard, type Board, type Row } from "./boards.ts";
export { contestTimeS, ServerClock, steadyNow } from "./clock.ts";
export { duty, type Duty } from "./close_codes.ts";
export * from "./contestant.ts";
export { ContestFeed, follow, type BoardChanged, type FeedEvents, type FeedOptions, type Line } from "./feed.ts";
export type { FrameNote } from "./frame_log.ts";
export * from "./messages.ts";
export { getLeaderboard, getStatus, getTicket, Refused, type RestOptions } from "./rest.ts";
export { ownWindow, type OwnWindow } from "./turns.ts";
