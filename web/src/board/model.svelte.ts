/**
 * What the board page knows: the feed's present state, what the viewer chose, and which board is on show (the live one, or that of
 * the ceremony). It decides when the results are shown step by step; how things look is the components'.
 */

import { ContestFeed, type Announcement, type Board, type BoardChanged, type Line, type Row, type Status } from "@podium/client";
import type { Language } from "../lang/lang.ts";
import { withheldKey, type WithheldKey } from "../shared/withheld.ts";
import { Ceremony } from "./ceremony.svelte.ts";
import { loadFollowed, MOST_FOLLOWED, rankNews, saveFollowed } from "./follows.ts";
import type { Unknown } from "./cells.ts";
import type { Options } from "./options.ts";
import { remember, seenIn, type Seen } from "./story.ts";
import { revealedCount } from "./thaw.ts";

/** One hidden cell after the end may be a late verdict on an early run; this many at once are the thaw, also before its status came. */
const A_THAW_REVEALS = 3;
/** What comes out of the dark so soon after the status said that it is thawed is the thaw, be it a single cell. */
const THAW_COMES_WITHIN_MS = 10_000;
/** Fewer cells than that are not shown for so long: the status may follow, its log is another one. */
const STATUS_FOLLOWS_MS = 1_200;
const NEWS_STANDS_MS = 30_000;

/** A cell that has to light up; `isDone` once it did, wherever it was on show first. */
export interface Flash {
  isDone: boolean;
}

/** Owner: the page. Bounds: one board (as the feed's), MOST_SEEN story entries, MOST_FOLLOWED teams. */
export class BoardModel {
  readonly feed: ContestFeed;
  readonly options: Options;
  readonly words: Language;
  live: Board | null = $state.raw(null);
  status: Status | null = $state.raw(null);
  line: Line = $state.raw({ state: "connecting" });
  ceremony: Ceremony | null = $state.raw(null);
  /** What was on show before a change that is held back, and the change; null mostly. */
  held: BoardChanged | null = $state.raw(null);
  followed: ReadonlySet<string> = $state.raw(new Set());
  flashes: ReadonlyMap<string, Flash> = $state.raw(new Map());
  seen: readonly Seen[] = $state.raw([]);
  news: Announcement | null = $state.raw(null);
  spoken = $state("");
  text = $state("");
  group: string | null = $state(null);
  chosen: string | null = $state(null);
  opened: string | null = $state(null);
  areKeysShown = $state(false);
  /** Ticks with the page's clock: the server's time in milliseconds. */
  serverMs = $state(0);
  contestS: number | null = $state(null);
  /** When the line was last heard, Date.now() milliseconds. */
  heardAt: number | null = $state(null);

  board: Board | null = $derived(this.ceremony?.board ?? this.held?.before ?? this.live);
  rows: readonly Row[] = $derived.by(() => matching(this.board, this.text, this.group));
  pinned: readonly Row[] = $derived(this.board?.rows.filter((row) => this.followed.has(row.id)) ?? []);
  /** Verdicts are hidden now, or were until this ceremony. */
  isFrozen: boolean = $derived(this.status?.frozen === true || this.ceremony !== null);
  /** The words that say that the contest keeps all verdicts to itself now: then nobody is before anybody else either. */
  withheld: WithheldKey | null = $state(null);
  /** Why a try on the board has no verdict. */
  unknown: Unknown = $derived(this.withheld !== null ? "kept" : this.isFrozen ? "frozen" : "pending");
  /** Nobody has done anything yet: a rank would say that all are first. */
  isBeforeStart: boolean = $derived(this.status?.state === "draft" || this.status?.state === "scheduled");
  penaltyMin: number = $derived((this.status?.penalty_s ?? 1200) / 60);

  #holding: ReturnType<typeof setTimeout> | undefined;
  /** Date.now() milliseconds up to which the cells of a thaw that was announced are waited for. */
  #thawDueUntil = 0;

  constructor(options: Options, words: Language, token: string | null) {
    this.options = options;
    this.words = words;
    this.group = options.group;
    this.followed = loadFollowed(options.contest);
    this.feed = new ContestFeed({
      contest: options.contest,
      keepFrames: options.keepFrames,
      ...(token === null ? {} : { token }),
    });
    this.feed.on("board", (change) => this.#boardChanged(change));
    this.feed.on("status", (status) => this.#statusChanged(status));
    this.feed.on("line", (line) => (this.line = line));
    this.feed.on("announcement", ({ announcement, isNew }) => {
      if (isNew) this.#announce(announcement);
    });
    this.tick();
  }

  tick(): void {
    this.serverMs = this.feed.serverNow();
    this.contestS = this.feed.contestTimeS();
    this.heardAt = this.feed.heardAt();
  }

  toggleFollowed(id: string): void {
    const next = new Set(this.followed);
    if (!next.delete(id) && next.size < MOST_FOLLOWED) next.add(id);
    this.followed = next;
    saveFollowed(this.options.contest, next);
  }

  #boardChanged(change: BoardChanged): void {
    this.live = change.board;
    if (change.before === null || change.cause === "snapshot") {
      this.#letGo();
      this.#endCeremony();
      return;
    }
    this.seen = remember(this.seen, seenIn(change.before, change.board, change.cells, this.feed.contestTimeS()));
    const before = this.held?.before ?? change.before;
    if (this.ceremony !== null) this.ceremony.follow(change.board);
    else if (this.#isThaw(before, change.board)) this.#beginCeremony(before, change.board);
    else if (this.#mayBeThaw(before, change.board)) this.#hold(before, change);
    else this.#light(change);
  }

  #hold(before: Board, change: BoardChanged): void {
    clearTimeout(this.#holding);
    this.held = { ...change, before };
    this.#holding = setTimeout(() => {
      const held = this.#letGo();
      if (held !== null) this.#light(held);
    }, STATUS_FOLLOWS_MS);
  }

  /** What was held back is on show again; returns it. */
  #letGo(): BoardChanged | null {
    clearTimeout(this.#holding);
    const held = this.held;
    this.held = null;
    return held;
  }

  #light(change: BoardChanged): void {
    const flashes = new Map<string, Flash>();
    for (const [id, labels] of change.cells) for (const label of labels) flashes.set(`${id} ${label}`, { isDone: false });
    this.flashes = flashes;
    if (change.before !== null) this.#tellRanks(change.before, change.board);
  }

  #tellRanks(before: Board, after: Board): void {
    const sentences = rankNews(before.rows, after.rows, this.followed).map((news) =>
      this.words.say(news.isUp ? "followed.up" : "followed.down", { name: news.name, rank: news.rank }),
    );
    if (sentences.length > 0) this.spoken = sentences.join(" ");
  }

  #isThaw(before: Board, after: Board): boolean {
    const status = this.status;
    if (status === null || !isOver(status)) return false;
    const least = Date.now() < this.#thawDueUntil ? 1 : A_THAW_REVEALS;
    return (status.frozen || status.thawed_at !== null) && revealedCount(before, after) >= least;
  }

  #mayBeThaw(before: Board, after: Board): boolean {
    return this.status !== null && isOver(this.status) && this.status.frozen && revealedCount(before, after) > 0;
  }

  #beginCeremony(before: Board, after: Board): void {
    this.#letGo();
    this.#thawDueUntil = 0;
    this.text = "";
    this.opened = null;
    this.ceremony = new Ceremony(before, after, this.penaltyMin, this.options.thaw_s * 1000, () => this.#endCeremony());
  }

  #endCeremony(): void {
    const ended = this.ceremony;
    this.ceremony = null;
    if (ended !== null && this.live !== null) this.#tellRanks(ended.board, this.live);
  }

  #statusChanged(status: Status): void {
    if (this.status?.thawed_at === null && status.thawed_at !== null) this.#thawDueUntil = Date.now() + THAW_COMES_WITHIN_MS;
    this.status = status;
    const role = this.feed.hello?.role;
    this.withheld = role === "grader" || role === "organiser" ? null : withheldKey(status);
    this.tick();
    const held = this.held;
    if (held !== null && held.before !== null && this.live !== null && this.#isThaw(held.before, this.live)) this.#beginCeremony(held.before, this.live);
  }

  #announce(announcement: Announcement): void {
    this.news = announcement;
    setTimeout(() => {
      if (this.news?.id === announcement.id) this.news = null;
    }, NEWS_STANDS_MS);
  }
}

function isOver(status: Status): boolean {
  return status.state === "ended" || status.state === "finalized";
}

function matching(board: Board | null, text: string, group: string | null): readonly Row[] {
  if (board === null) return [];
  const wanted = text.trim().toLocaleLowerCase();
  const known = group !== null && board.groups.some((one) => one.id === group);
  if (wanted === "" && !known) return board.rows;
  return board.rows.filter(
    (row) => (!known || row.group_ids.includes(group)) && (wanted === "" || row.name.toLocaleLowerCase().includes(wanted)),
  );
}
