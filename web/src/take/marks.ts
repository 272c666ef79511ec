/** How a question stands, for the list and for the work: its answer and its verdicts as one mark. Pure. */

import type { Submission } from "@podium/client";

export type Mark = "empty" | "answered" | "kept" | "right" | "wrong" | "pending";

/** What is not saved comes first, then what was judged, then what is there. `isTold`: the contest does not withhold verdicts now. */
export function markOf(isAnswered: boolean, isSaved: boolean, submissions: readonly Submission[], isTold: boolean): Mark {
  if (!isSaved) return "kept";
  if (submissions.some((one) => one.verdict === "AC")) return "right";
  const last = submissions.at(-1);
  if (last !== undefined && last.verdict !== null) return "wrong";
  // Withheld verdicts are no reason to wait: what was sent in counts as answered until they are told.
  if (last !== undefined && isTold) return "pending";
  return isAnswered ? "answered" : "empty";
}

export function markOfVerdict(submission: Submission, isTold: boolean): Mark {
  if (submission.verdict === null) return isTold ? "pending" : "answered";
  return submission.verdict === "AC" ? "right" : "wrong";
}

/** At most `count` rows around one's own. */
export function around<T extends { readonly id: string }>(rows: readonly T[], id: string, count: number): readonly T[] {
  const at = rows.findIndex((row) => row.id === id);
  if (at < 0) return [];
  const first = Math.max(0, Math.min(at - Math.floor(count / 2), rows.length - count));
  return rows.slice(first, first + count);
}
