/** What a question of each kind begins with, and what one still lacks. Pure. */

import type { AnswerKey, Body, Kind, Question, Written } from "../rest/questions.ts";

/** `option`: what an option is called until it has a text, for an empty one is refused. */
export function bodyOf(kind: Kind, option: (id: string) => string): Body {
  switch (kind) {
    case "multiple_choice":
      return { options: ["a", "b"].map((id) => ({ id, text: option(id) })), multiple: false };
    case "short_text":
      return { max_length: 2000, lines: 4 };
    case "file":
      return { extensions: ["pdf"], max_bytes: 5 * 1024 * 1024 };
    default:
      return {};
  }
}

export function keyOf(kind: Kind): AnswerKey | null {
  switch (kind) {
    case "numeric":
      return { value: 0 };
    default:
      return null;
  }
}

/** The label after the last: `A` … `Z`, then `A1`, `B1` …; numbers go on as numbers. */
export function nextLabel(labels: readonly string[]): string {
  const taken = new Set(labels);
  const numbers = labels.map(Number);
  if (labels.length > 0 && numbers.every((one) => Number.isInteger(one))) return String(Math.max(...numbers) + 1);
  for (let round = 0; ; round += 1)
    for (let at = 0; at < 26; at += 1) {
      const label = String.fromCharCode(65 + at) + (round === 0 ? "" : String(round));
      if (!taken.has(label)) return label;
    }
}

/** An id for an option or a criterion that no other of `taken` has. */
export function freeId(taken: readonly string[]): string {
  for (let at = 0; ; at += 1) {
    const id = at < 26 ? String.fromCharCode(97 + at) : `o${at}`;
    if (!taken.includes(id)) return id;
  }
}

/** Words for what keeps contestants from answering it, or graders from grading. */
export function lacksOf(question: Pick<Question, keyof Written>): readonly string[] {
  const lacks: string[] = [];
  if (question.kind === "multiple_choice") {
    const options = question.body.options ?? [];
    if (options.length < 2 || options.some((one) => one.text.trim() === "")) lacks.push("lacks.options");
    if ((question.answer_key?.right ?? []).length === 0) lacks.push("lacks.right");
  }
  if (question.statement.trim() === "") lacks.push("lacks.statement");
  return lacks;
}

/** What moving the question at `from` to `to` makes of the order: those whose position changes, with their new one. */
export function moved<T extends { readonly position: number }>(items: readonly T[], from: number, to: number): readonly [T, number][] {
  const order = [...items];
  const [one] = order.splice(from, 1);
  if (one === undefined) return [];
  order.splice(to, 0, one);
  return order.flatMap((item, at): [T, number][] => (item.position === at ? [] : [[item, at]]));
}
