/** Which key does what: a pure table, so that the help and the deed cannot drift apart. */

export type Deed =
  | "find" | "next" | "previous" | "first" | "last" | "follow" | "escape" | "keys"
  | "thaw.pause" | "thaw.step" | "thaw.skip";

export interface Press {
  readonly key: string;
  readonly hasModifier: boolean;
  /** The focus is where people type. */
  readonly isTyping: boolean;
  /** The focus is on a button, which has its own use for the space bar. */
  readonly isOnButton: boolean;
  readonly isThawing: boolean;
}

const ALWAYS: Readonly<Record<string, Deed>> = {
  "/": "find", j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous",
  g: "first", Home: "first", G: "last", End: "last", f: "follow", "?": "keys",
};

const THAWING: Readonly<Record<string, Deed>> = { " ": "thaw.pause", ArrowRight: "thaw.step", ArrowUp: "thaw.skip" };

/** What a key press asks for; null: nothing of ours. Enter is the buttons' own. */
export function deedOf(press: Press): Deed | null {
  if (press.key === "Escape") return "escape";
  if (press.hasModifier || press.isTyping) return null;
  if (press.isThawing) {
    const deed = THAWING[press.key];
    if (deed !== undefined) return deed === "thaw.pause" && press.isOnButton ? null : deed;
  }
  return ALWAYS[press.key] ?? null;
}

/** The help, in the order it is read: keys and the key of the words. */
export const HELP: readonly (readonly [keys: readonly string[], words: string])[] = [
  [["/"], "keys.find"],
  [["j", "k"], "keys.move"],
  [["g", "G"], "keys.first"],
  [["Enter"], "keys.enter"],
  [["f"], "keys.follow"],
  [["Esc"], "keys.escape"],
  [["␣"], "keys.thaw_pause"],
  [["→"], "keys.thaw_step"],
  [["↑"], "keys.thaw_skip"],
  [["?"], "keys.help"],
];
