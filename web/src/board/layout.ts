/** How the board is laid out in the width there is: one line a row, or two where the problems do not fit beside the name. */

import type { Mode } from "./options.ts";

export interface Layout {
  readonly isNarrow: boolean;
  /** Pixels. */
  readonly rowHeight: number;
  /** Cells side by side. */
  readonly perStrip: number;
}

const TEAM_AND_FIGURES = 440;
const CELL = 46;
/** "4+11" must be readable in it, at 14 px. */
const NARROW_CELL = 40;
const NARROW_EDGES = 24;

/** `covered`: pixels that the head takes of the height. In the hall a page holds whole rows only. */
export function layoutOf(mode: Mode, width: number, height: number, problems: number, covered: number): Layout {
  const scale = mode === "hall" ? hallScale(height) : 1;
  if (width >= (TEAM_AND_FIGURES + problems * CELL) * Math.min(scale, 1.25)) {
    const wanted = Math.round(48 * scale);
    return { isNarrow: false, rowHeight: mode === "hall" ? fitting(wanted, height - covered) : wanted, perStrip: problems };
  }
  const most = Math.max(1, Math.floor((width - NARROW_EDGES) / NARROW_CELL));
  const strips = Math.max(1, Math.ceil(problems / most));
  const perStrip = Math.max(1, Math.ceil(problems / strips));
  return { isNarrow: true, rowHeight: 44 + strips * 36, perStrip };
}

function fitting(wanted: number, free: number): number {
  return free < wanted ? wanted : Math.floor(free / Math.round(free / wanted));
}

/** The hall reads from 20 m: about 14 rows fill the wall, whatever its resolution. */
export function hallScale(height: number): number {
  return Math.max(1, Math.min(3, height / 760));
}
