/** What a cell says: its kind (colour and shape) and its few characters. */

import type { Cell, Scoring } from "@podium/client";

export type CellKind = "none" | "solved" | "first" | "wrong" | "pending" | "frozen" | "kept" | "partial";

/** Why a try has no verdict here. pending: a judge has not said one. frozen: hidden until the thaw. kept: the contest withholds them all. */
export type Unknown = "pending" | "frozen" | "kept";

export interface CellFace {
  readonly kind: CellKind;
  /** The large text: minute, points, or what is known of an unsolved one. */
  readonly main: string;
  /** Tries, when there were more than one on the way to a solution. */
  readonly aside: string;
  readonly tries: number;
}

const NOTHING: CellFace = { kind: "none", main: "", aside: "", tries: 0 };

export function faceOf(scoring: Scoring, cell: Cell | undefined, unknown: Unknown): CellFace {
  if (cell === undefined) return NOTHING;
  const judged = cell.num_judged ?? 0;
  const pending = cell.num_pending ?? 0;
  const tries = judged + pending;
  const aside = judged > 1 ? `×${judged}` : "";
  if (cell.solved === true) {
    const main = scoring === "ioi" ? points(cell.points) : String(cell.time_min ?? "");
    return { kind: cell.first_to_solve === true ? "first" : "solved", main, aside, tries };
  }
  if (pending > 0) {
    return { kind: unknown, main: unknown === "kept" ? String(tries) : `${judged}+${pending}`, aside: "", tries };
  }
  if (scoring === "ioi" && (cell.points ?? 0) > 0) return { kind: "partial", main: points(cell.points), aside, tries };
  return judged > 0 ? { kind: "wrong", main: `−${judged}`, aside: "", tries } : NOTHING;
}

/** At most two decimals, none where there are none. */
export function points(value: number | null | undefined): string {
  return String(Math.round((value ?? 0) * 100) / 100);
}

export function sameCell(a: Cell | undefined, b: Cell | undefined): boolean {
  return (
    (a?.num_judged ?? 0) === (b?.num_judged ?? 0) &&
    (a?.num_pending ?? 0) === (b?.num_pending ?? 0) &&
    (a?.solved ?? false) === (b?.solved ?? false) &&
    (a?.time_min ?? null) === (b?.time_min ?? null) &&
    (a?.first_to_solve ?? false) === (b?.first_to_solve ?? false) &&
    (a?.points ?? null) === (b?.points ?? null)
  );
}
