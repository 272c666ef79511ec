/** What the address asks of the board page: which contest, which mode. */

export type Mode = "desk" | "hall" | "embed";

export interface Options {
  readonly contest: string;
  readonly mode: Mode;
  readonly group: string | null;
  readonly language: string | null;
  /** How long showing the results may take, in seconds. */
  readonly thaw_s: number;
  /** How long a page of rows stands in the hall, in seconds. */
  readonly page_s: number;
  /** How many frames to keep for finding faults. */
  readonly keepFrames: number;
}

export const THAW_S = 90;
export const PAGE_S = 12;

/** `/board/<contest>?hall|embed&group=<id>&lang=ar&thaw_s=90&page_s=12&frames=1000` */
export function optionsOf(address: URL): Options {
  const query = address.searchParams;
  return {
    contest: decodeURIComponent(address.pathname.split("/")[2] ?? ""),
    mode: query.has("hall") ? "hall" : query.has("embed") ? "embed" : "desk",
    group: query.get("group"),
    language: query.get("lang"),
    thaw_s: between(query.get("thaw_s"), 1, 3600, THAW_S),
    page_s: between(query.get("page_s"), 2, 600, PAGE_S),
    keepFrames: between(query.get("frames"), 0, 10_000, 0),
  };
}

function between(text: string | null, least: number, most: number, otherwise: number): number {
  const value = text === null || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
}

/**
 * The access token for a board that is not public: it comes after `#token=`, which browsers never send to a server, leaves the
 * address bar at once and lasts as long as the tab.
 */
export function takeToken(contest: string): string | null {
  const key = `podium.token.${contest}`;
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  try {
    if (given !== null) {
      sessionStorage.setItem(key, given);
      history.replaceState(null, "", location.pathname + location.search);
    }
    return given ?? sessionStorage.getItem(key);
  } catch {
    return given;
  }
}
