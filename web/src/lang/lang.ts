/** The words of the pages. English is always there; other languages are loaded when they are asked for. */

import en from "./en.json" with { type: "json" };

export type Key = keyof typeof en;
type Words = Partial<Record<string, string>>;

const OTHERS: Record<string, () => Promise<{ default: Words }>> = { ar: () => import("./ar.json") };
const RIGHT_TO_LEFT = new Set(["ar", "he", "fa", "ur"]);

/** One language: `say("row.tries", { count: 2 })`. A key may come in plural forms, `row.tries.one`, `row.tries.other`. */
export class Language {
  readonly code: string;
  readonly dir: "ltr" | "rtl";
  #words: Words;
  #plurals: Intl.PluralRules;

  constructor(code: string, words: Words) {
    this.code = code;
    this.dir = RIGHT_TO_LEFT.has(code) ? "rtl" : "ltr";
    this.#words = words;
    this.#plurals = new Intl.PluralRules(code);
  }

  say(key: Key | string, values: Readonly<Record<string, string | number>> = {}): string {
    const count = values["count"];
    const form = typeof count === "number" ? `${key}.${this.#plurals.select(count)}` : key;
    const text = this.#find(form) ?? this.#find(`${key}.other`) ?? this.#find(key) ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  }

  #find(key: string): string | undefined {
    return this.#words[key] ?? (en as Words)[key];
  }
}

/** The first of `wanted` that we have, English otherwise. */
export async function loadLanguage(wanted: readonly string[]): Promise<Language> {
  for (const tag of wanted) {
    const code = tag.toLowerCase().split("-")[0] ?? "";
    if (code === "en") break;
    const load = OTHERS[code];
    if (load !== undefined) return new Language(code, (await load()).default);
  }
  return new Language("en", en);
}
