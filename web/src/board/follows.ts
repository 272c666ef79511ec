/** The teams a viewer follows, kept per contest in the browser. */

/** More would push the board itself out of sight. */
export const MOST_FOLLOWED = 50;

export function loadFollowed(contest: string): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(contest)) ?? "[]");
    return new Set(Array.isArray(kept) ? kept.filter((id) => typeof id === "string").slice(0, MOST_FOLLOWED) : []);
  } catch {
    return new Set();
  }
}

export function saveFollowed(contest: string, ids: ReadonlySet<string>): void {
  try {
    localStorage.setItem(keyOf(contest), JSON.stringify([...ids]));
  } catch {
    // No storage, or it is full: they are followed as long as the page is open.
  }
}

function keyOf(contest: string): string {
  return `podium.follows.${contest}`;
}

export interface RankNews {
  readonly name: string;
  readonly rank: number;
  readonly isUp: boolean;
}

interface Ranked {
  readonly id: string;
  readonly name: string;
  readonly rank: number | null;
}

/** Whose rank moved among the followed: what a screen reader is told. */
export function rankNews(before: readonly Ranked[], after: readonly Ranked[], followed: ReadonlySet<string>): RankNews[] {
  if (followed.size === 0) return [];
  const old = new Map(before.filter((row) => followed.has(row.id)).map((row) => [row.id, row.rank]));
  const news: RankNews[] = [];
  for (const row of after) {
    const was = old.get(row.id);
    if (was != null && row.rank !== null && row.rank !== was) news.push({ name: row.name, rank: row.rank, isUp: row.rank < was });
  }
  return news;
}
