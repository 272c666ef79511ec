/** One contest as the organiser's page holds it: read again every few seconds while the page is looked at, and after each change. */

import { contestTimeS } from "@podium/client";
import { createContext } from "svelte";
import type { Desk } from "../desk.svelte.ts";
import { Refused } from "../rest/call.ts";
import { getContest, type Contest } from "../rest/contests.ts";
import { listGroups, type Group } from "../rest/participants.ts";

const [get, set] = createContext<ContestModel>();
export const getModel = get;
export const setModel = set;

export const READ_EVERY_MS = 4000;

/** What a server of the version before does not tell: during an upgrade it may answer beside the new one. */
const UNTOLD = {
  description: "", rules: "", consent: "", own_time_s: null, feedback: "at_once", shuffle: false, opinions: 1, paused: false, pauses: [],
} as const satisfies Partial<Contest>;

/** Owner: the page of this contest; rebuilt by reading. */
export class ContestModel {
  readonly id: string;
  readonly desk: Desk;
  contest = $state.raw() as Contest;
  isThere = $state(false);
  fault = $state.raw<unknown>(null);
  /** Whether the server knows `?preview=true`: one that does not would do what it is asked about. */
  knowsPreviews = $state(false);
  groups = $state.raw<readonly Group[]>([]);

  constructor(desk: Desk, id: string) {
    this.desk = desk;
    this.id = id;
  }

  get contestS(): number | null {
    return contestTimeS(this.contest, this.desk.serverMs);
  }

  /** Newer than what is held, or it is let go: answers may overtake each other. */
  took(contest: Contest): void {
    if (this.isThere && contest.version < this.contest.version) return;
    this.knowsPreviews = "pauses" in contest;
    this.contest = { ...UNTOLD, ...contest };
    this.isThere = true;
    this.fault = null;
  }

  async read(): Promise<void> {
    try {
      this.took(await getContest(this.desk.door, this.id));
    } catch (error) {
      if (!this.isThere || error instanceof Refused) this.fault = error;
    }
  }

  async readGroups(): Promise<void> {
    this.groups = (await listGroups(this.desk.door, this.id)).items;
  }

  /** Reads now and then until the answer is called. */
  follow(): () => void {
    void this.read();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && this.desk.session !== null) void this.read();
    }, READ_EVERY_MS);
    return () => clearInterval(timer);
  }
}
