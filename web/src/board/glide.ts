/** Rows glide to their new place: which ones, from where; and the moving itself. */

/** More than this many moving at once is noise, and work that a phone does not do in a frame. */
export const MOST_GLIDES = 30;
export const GLIDE_MS = 400;
const EASE = "cubic-bezier(0.2, 0.7, 0.2, 1)";

export interface Glide {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The moves worth showing: of the rows that changed their index and are in sight now or were, the largest first.
 * `before` and `after` give the index of a row; rows that came or went do not glide.
 */
export function glides(ids: Iterable<string>, before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Glide[] {
  const moves: Glide[] = [];
  for (const id of ids) {
    const from = before.get(id);
    const to = after.get(id);
    if (from !== undefined && to !== undefined && from !== to) moves.push({ id, from, to });
  }
  moves.sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from));
  return moves.slice(0, MOST_GLIDES);
}

export function prefersStill(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Move `row` from `fromY` to `toY` pixels; with reduced motion it fades in where it belongs. A row that climbs passes over the others. */
export function glide(row: HTMLElement, fromY: number, toY: number): void {
  if (prefersStill()) {
    row.animate([{ opacity: 0.3 }, { opacity: 1 }], { duration: 200 });
    return;
  }
  const climbs = toY < fromY;
  const keyframes = [
    { transform: `translateY(${fromY}px)`, zIndex: climbs ? 2 : 1 },
    { transform: `translateY(${toY}px)`, zIndex: climbs ? 2 : 1 },
  ];
  row.animate(keyframes, { duration: GLIDE_MS, easing: EASE, id: "glide" });
}

/** Where a row is drawn at this moment, in pixels, a glide under way included. */
export function drawnY(row: HTMLElement): number {
  return new DOMMatrixReadOnly(getComputedStyle(row).transform).m42;
}

/** A changed cell lights up once. */
export function flash(cell: HTMLElement): void {
  if (prefersStill()) {
    cell.animate([{ opacity: 0.3 }, { opacity: 1 }], { duration: 300 });
    return;
  }
  const light = "inset 0 0 0 3px var(--accent), 0 0 0 3px var(--accent)";
  cell.animate([{ boxShadow: light, filter: "brightness(1.35)" }, { boxShadow: "none", filter: "none" }], { duration: 1200, easing: "ease-out" });
}
