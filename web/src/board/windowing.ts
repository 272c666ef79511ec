/** Which rows of a long list stand in the document: those in sight and a few around them. Pure arithmetic, in pixels and indices. */

export interface Span {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

/** Rows kept above and below what is in sight: a flick of the wheel finds them painted. */
export const AROUND = 8;

/** `top`: how far the list's upper edge is above the upper edge of the view (negative: below it). */
export function inSight(count: number, rowHeight: number, top: number, viewHeight: number, around = AROUND): Span {
  const first = Math.max(0, Math.floor(top / rowHeight) - around);
  const end = Math.min(count, Math.ceil((top + viewHeight) / rowHeight) + around);
  return { first: Math.min(first, count), end: Math.max(end, Math.min(first, count)) };
}

/** The indices of the hall's pages: each begins where the one before ended. */
export function pageStarts(count: number, perPage: number): number[] {
  const starts: number[] = [];
  for (let at = 0; at < count; at += Math.max(1, perPage)) starts.push(at);
  return starts.length === 0 ? [0] : starts;
}
