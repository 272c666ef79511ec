/** Which key does what: a pure table, so that the help and the deed cannot drift apart. */

export type Deed = "next" | "previous" | "work" | "submit" | "seen" | "ask" | "escape" | "keys";

export interface Press {
  readonly key: string;
  readonly isControl: boolean;
  readonly isAlt: boolean;
  /** The focus is where people type. */
  readonly isTyping: boolean;
}

const PLAIN: Readonly<Record<string, Deed>> = { j: "next", k: "previous", w: "work", s: "seen", a: "ask", "?": "keys" };

/** What a key press asks for; null: nothing of ours. */
export function deedOf(press: Press): Deed | null {
  if (press.key === "Escape") return "escape";
  if (press.key === "Enter" && press.isControl && !press.isAlt) return "submit";
  if (press.isControl || press.isAlt || press.isTyping) return null;
  return PLAIN[press.key] ?? null;
}

/** The help, in the order it is read: keys and the key of the words. */
export const HELP: readonly (readonly [keys: readonly string[], words: string])[] = [
  [["j", "k"], "keys.move"],
  [["w"], "keys.work"],
  [["Ctrl ↵"], "keys.submit"],
  [["Ctrl ]", "Ctrl ["], "keys.indent"],
  [["s"], "keys.seen"],
  [["a"], "keys.ask"],
  [["Esc"], "keys.escape"],
  [["?"], "keys.help"],
];
