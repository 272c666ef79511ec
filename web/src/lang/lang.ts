/** The words of the board. English is always there; other languages are loaded when they are asked for. */

import en from "./en.json" with { type: "json" };
import { load, type Language as Spoken } from "./language.ts";

export type Key = keyof typeof en;
export type Language = Spoken<Key>;

export function loadLanguage(wanted: readonly string[]): Promise<Language> {
  return load(wanted, en, { ar: () => import("./ar.json") });
}
