/** The words of the contestant's page. English is always there; other languages are loaded when they are asked for. */

import { load, type Language as Spoken } from "./language.ts";
import en from "./take.en.json" with { type: "json" };

export type Language = Spoken<keyof typeof en>;

export function loadLanguage(wanted: readonly string[]): Promise<Language> {
  return load(wanted, en, { ar: () => import("./take.ar.json") });
}
