/** What stands in a question's field while it is worked on, by kind; what of it the server keeps, and back. Pure. */

import type { Kind, Question, Value } from "./calls.ts";

/** `numeric` is kept as it was typed: "1,5e" is on its way to a number. */
export type Typed =
  | { readonly kind: "code"; readonly source: string; readonly language: string }
  | { readonly kind: "multiple_choice"; readonly chosen: readonly string[] }
  | { readonly kind: "numeric"; readonly text: string }
  | { readonly kind: "short_text"; readonly text: string }
  | { readonly kind: "file"; readonly file_id: string | null; readonly name: string };

export const LANGUAGES: readonly string[] = ["c", "cpp", "java", "javascript", "kotlin", "python3", "rust"];
/** Bytes of a program that is kept while it is worked on. */
export const SOURCE_BYTES = 65_536;

export function languagesOf(question: Question): readonly string[] {
  const given = question.body.languages;
  return given === undefined || given.length === 0 ? LANGUAGES : given;
}

export function emptyOf(question: Question, language: string | null = null): Typed {
  switch (question.kind) {
    case "code": {
      const languages = languagesOf(question);
      return { kind: "code", source: "", language: language !== null && languages.includes(language) ? language : (languages[0] ?? "") };
    }
    case "multiple_choice":
      return { kind: "multiple_choice", chosen: [] };
    case "numeric":
      return { kind: "numeric", text: "" };
    case "short_text":
      return { kind: "short_text", text: "" };
    case "file":
      return { kind: "file", file_id: null, name: "" };
  }
}

/** From what the server keeps. */
export function typedOf(question: Question, value: Value): Typed {
  const empty = emptyOf(question);
  if (value === null) return empty;
  const parts = typeof value === "object" && !Array.isArray(value) ? (value as Readonly<Record<string, string>>) : null;
  switch (empty.kind) {
    case "code":
      if (parts !== null) return { kind: "code", source: parts["source"] ?? "", language: parts["language"] ?? empty.language };
      return { ...empty, source: String(value) };
    case "multiple_choice":
      return { kind: "multiple_choice", chosen: Array.isArray(value) ? (value as readonly string[]) : [String(value)] };
    case "numeric":
      return { kind: "numeric", text: String(value) };
    case "short_text":
      return { kind: "short_text", text: String(value) };
    case "file":
      return { kind: "file", file_id: parts?.["file_id"] ?? null, name: parts?.["name"] ?? "" };
  }
}

/** What the server is sent; undefined: it is not an answer yet (`faultOf` says why). */
export function valueOf(typed: Typed): Value | undefined {
  switch (typed.kind) {
    case "code":
      if (bytesOf(typed.source) > SOURCE_BYTES) return undefined;
      return typed.source === "" ? null : { source: typed.source, language: typed.language };
    case "multiple_choice":
      return typed.chosen.length === 0 ? null : typed.chosen;
    case "numeric":
      if (typed.text.trim() === "") return null;
      return numberOf(typed.text) ?? undefined;
    case "short_text":
      return typed.text === "" ? null : typed.text;
    case "file":
      return typed.file_id === null ? null : { file_id: typed.file_id };
  }
}

export function faultOf(typed: Typed): "fault.number" | "fault.long" | null {
  if (valueOf(typed) !== undefined) return null;
  return typed.kind === "numeric" ? "fault.number" : "fault.long";
}

export function isEmpty(typed: Typed): boolean {
  return valueOf(typed) === null;
}

/** Digits of the reader's language too, comma or point, spaces between thousands. Null: no number. */
export function numberOf(text: string): number | null {
  const plain = text
    .trim()
    .replace(/[٠-٩۰-۹]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 15))
    .replace(/[\s\u00a0\u202f']/g, "")
    .replace(/[\u2212\u2013]/g, "-")
    .replace(/[,٫]/, ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null;
  const found = Number(plain);
  return Number.isFinite(found) ? found : null;
}

export function isSame(a: Value | undefined, b: Value | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A line or two of it, to be recognised by. */
export function excerptOf(question: Question, value: Value): string {
  if (value === null) return "";
  if (question.kind === "multiple_choice") {
    const chosen = new Set(Array.isArray(value) ? (value as readonly string[]) : [String(value)]);
    return (question.body.options ?? []).filter((one) => chosen.has(one.id)).map((one) => one.text).join("; ");
  }
  const typed = typedOf(question, value);
  if (typed.kind === "code") return typed.source;
  return typed.kind === "file" ? typed.name || (typed.file_id ?? "") : typed.kind === "multiple_choice" ? "" : typed.text;
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

export const KINDS: readonly Kind[] = ["code", "multiple_choice", "numeric", "short_text", "file"];
