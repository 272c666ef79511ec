/** What a rubric adds up to, and the verdict that goes with it. Pure. */

import type { Criterion } from "../rest/questions.ts";

export type Marks = Readonly<Record<string, number>>;

export function sumOf(rubric: readonly Criterion[], marks: Marks): number {
  return Math.round(rubric.reduce((sum, one) => sum + (marks[one.id] ?? 0), 0) * 1e6) / 1e6;
}

/** All points: accepted. Anything less is a try that did not solve it. */
export function verdictOf(score: number, points: number): "AC" | "WA" {
  return points > 0 ? (score >= points ? "AC" : "WA") : score > 0 ? "AC" : "WA";
}

/** As typed; an emptied field is no mark, not a mark of 0. */
export function given(marks: Marks, id: string, text: string): Marks {
  const { [id]: _, ...others } = marks;
  return text.trim() === "" ? others : { ...others, [id]: Number(text) };
}

/** A criterion's next mark when its figure is pressed: all of its points, then none. */
export function toggled(marks: Marks, one: Criterion): Marks {
  return { ...marks, [one.id]: marks[one.id] === one.points ? 0 : one.points };
}
