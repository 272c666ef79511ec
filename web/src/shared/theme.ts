/** Light or dark: the address decides, then what was chosen before, then the system. A contest may bring its accent and logo. */

export type Theme = "light" | "dark";

const KEY = "podium.theme";

export function chosenTheme(query: URLSearchParams): Theme | null {
  const asked = query.get("theme") ?? remembered();
  return asked === "light" || asked === "dark" ? asked : null;
}

export function shownTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function showTheme(theme: Theme | null): void {
  if (theme === null) delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function rememberTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A page framed by a stranger may have no storage; the choice then lasts as long as the page.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The contest's accent as a colour we trust to be one; null otherwise. */
export function accentOf(theme: Readonly<Record<string, string>> | null): string | null {
  const accent = theme?.["accent"] ?? "";
  return /^#[0-9a-fA-F]{6}$/.test(accent) ? accent : null;
}

/** The contest's logo, if its address is one that a page may load. */
export function logoOf(theme: Readonly<Record<string, string>> | null): string | null {
  const address = theme?.["logo_url"] ?? "";
  return /^(https:\/\/|\/)/.test(address) ? address : null;
}
