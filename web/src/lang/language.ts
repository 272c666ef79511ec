/** One language of a page: its words, its plural forms, its direction. Which words a page has is said beside this, a file per page. */

export type Words = Partial<Record<string, string>>;
export type Others = Record<string, () => Promise<{ default: Words }>>;

const RIGHT_TO_LEFT = new Set(["ar", "he", "fa", "ur"]);

/** `say("row.tries", { count: 2 })`. A key may come in plural forms, `row.tries.one`, `row.tries.other`. What is missing is said in English. */
export class Language<Key extends string = string> {
  readonly code: string;
  readonly dir: "ltr" | "rtl";
  #words: Words;
  #english: Words;
  #plurals: Intl.PluralRules;

  constructor(code: string, words: Words, english: Words) {
    this.code = code;
    this.dir = RIGHT_TO_LEFT.has(code) ? "rtl" : "ltr";
    this.#words = words;
    this.#english = english;
    this.#plurals = new Intl.PluralRules(code);
  }

  say(key: Key | string, values: Readonly<Record<string, string | number>> = {}): string {
    const count = values["count"];
    const form = typeof count === "number" ? `${key}.${this.#plurals.select(count)}` : key;
    const text = this.#find(form) ?? this.#find(`${key}.other`) ?? this.#find(key) ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  }

  has(key: string): boolean {
    return this.#find(key) !== undefined;
  }

  #find(key: string): string | undefined {
    return this.#words[key] ?? this.#english[key];
  }
}

/** The first of `wanted` that the page has, English otherwise. */
export async function load<Key extends string>(
  wanted: readonly string[],
  english: Readonly<Record<Key, string>>,
  others: Others,
): Promise<Language<Key>> {
  for (const tag of wanted) {
    const code = tag.toLowerCase().split("-")[0] ?? "";
    if (code === "en") break;
    const words = others[code];
    if (words !== undefined) return new Language<Key>(code, (await words()).default, english as Words);
  }
  return new Language<Key>("en", english as Words, english as Words);
}
