/** What every part of the pages works with: words, the door to the server, who one is, where one is, what is said in passing. */

import { createContext } from "svelte";
import { SvelteSet } from "svelte/reactivity";
import type { Language } from "../lang/manage.ts";
import { hrefOf, placeOf, type Place } from "./place.ts";
import { Away, Door, Refused } from "./rest/call.ts";
import type { Session } from "./rest/session.ts";

export interface Notice {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
  readonly undo: (() => void) | null;
}

const [get, set] = createContext<Desk>();
export const getDesk = get;
export const setDesk = set;

/** Of a refusal, in one sentence: an import may have a thousand. */
const DETAILS_MOST = 5;
const NOTICE_MS = 8000;

/** Owner: the page. Rebuilt from the address and the session's cookie. */
export class Desk {
  readonly words: Language;
  readonly door = new Door();
  session = $state.raw<Session | null>(null);
  place = $state.raw<Place>(placeOf(location.pathname));
  notices = $state.raw<readonly Notice[]>([]);
  isUp = $state(true);
  /** When the server was last heard, by this machine's clock. */
  heardAt = $state(Date.now());
  /** Ticks four times a second: what shows a time reads it. */
  now = $state(Date.now());
  areKeysShown = $state(false);
  /** Forms with changes that are not saved; leaving asks first. */
  readonly unsaved = new SvelteSet<object>();
  /** Where to go once leaving has been confirmed. */
  leaving = $state<string | null>(null);
  #notices = 0;

  constructor(words: Language) {
    this.words = words;
    this.door.onOut = () => this.#out();
    this.door.onLine = (isUp, at) => {
      this.isUp = isUp;
      if (isUp) this.heardAt = at;
    };
  }

  say = (key: string, values: Readonly<Record<string, string | number>> = {}): string => this.words.say(key, values);

  get serverMs(): number {
    return this.now + (this.door.serverMs() - Date.now());
  }

  enter(session: Session): void {
    this.session = session;
    this.door.csrf = session.csrf;
  }

  #out(): void {
    this.session = null;
    this.door.csrf = null;
  }

  /** May this person do what organisers do, here or (null) in every contest? */
  isOrganiser(contest: string | null): boolean {
    return this.session?.grants.some((grant) => grant.role === "organiser" && (grant.contest_id === null || grant.contest_id === contest)) ?? false;
  }

  go(href: string): void {
    if (this.unsaved.size > 0) this.leaving = href;
    else this.#show(href);
  }

  leave(): void {
    const href = this.leaving;
    this.unsaved.clear();
    this.leaving = null;
    if (href !== null) this.#show(href);
  }

  /** The browser's own back and forward. */
  popped(): void {
    const href = location.pathname;
    if (this.unsaved.size > 0) {
      history.pushState(null, "", hrefOf(this.place) + location.search);
      this.leaving = href;
    } else this.place = placeOf(href);
  }

  #show(href: string): void {
    const query = new URLSearchParams(location.search);
    history.pushState(null, "", query.size > 0 ? `${href}?${query}` : href);
    this.place = placeOf(href);
    scrollTo({ top: 0, behavior: "instant" });
  }

  done(text: string, undo: (() => void) | null = null): void {
    this.#note("done", text, undo);
  }

  failed(error: unknown): void {
    this.#note("failed", this.sentence(error), null);
  }

  /** What happened, what is safe, what to do. */
  sentence(error: unknown): string {
    if (error instanceof Away) return this.say("error.away");
    if (!(error instanceof Refused)) {
      console.warn(error);
      return this.say("error.page");
    }
    if (error.code === "method.not_allowed" || error.code === "path.not_found") return this.say("error.older_server");
    const known = `refused.${error.code}`;
    if (this.words.has(known)) return this.say(known);
    if (error.retryAfterS !== null) return this.say("error.later", { message: error.message, seconds: error.retryAfterS });
    const told = error.details.slice(0, DETAILS_MOST).map((detail) => `${detail.field} ${detail.message}`);
    const more = error.details.length - told.length;
    return [error.message, told.join("; "), more > 0 ? `(+${more.toLocaleString(this.words.code)})` : ""].filter((part) => part !== "").join(" ");
  }

  forget(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  #note(kind: Notice["kind"], text: string, undo: (() => void) | null): void {
    const id = (this.#notices += 1);
    this.notices = [...this.notices.slice(-2), { id, kind, text, undo }];
    if (kind === "done") setTimeout(() => this.forget(id), NOTICE_MS);
  }
}
