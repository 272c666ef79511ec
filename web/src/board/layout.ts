/** How the board is laid out in the width there is: one line a row, or two where the problems do not fit beside the name. */

import type { Mode } from "./options.ts";

export interface Layout {
  readonly isNarrow: boolean;
  /** Pixels. */
  readonly rowHeight: number;
  /** Cells side by side. */
  readonly perStrip: number;
}

const TEAM_AND_FIGURES = 400;
const CELL = 46;
const NARROW_CELL = 29;
const NARROW_EDGES = 24;

export function layoutOf(mode: Mode, width: number, height: number, problems: number): Layout {
  const scale = mode === "hall" ? hallScale(height) : 1;
  if (width >= (TEAM_AND_FIGURES + problems * CELL) * Math.min(scale, 1.25)) {
    return { isNarrow: false, rowHeight: Math.round(48 * scale), perStrip: problems };
  }
  const perStrip = Math.max(1, Math.min(problems, Math.floor((width - NARROW_EDGES) / NARROW_CELL)));
  const strips = Math.max(1, Math.ceil(problems / perStrip));
  return { isNarrow: true, rowHeight: 44 + strips * 36, perStrip };
}

/** The hall reads from 20 m: about 14 rows fill the wall, whatever its resolution. */
export function hallScale(height: number): number {
  return Math.max(1, Math.min(3, height / 760));
}
