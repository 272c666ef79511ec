/** What the address says: which contest, in which language, and (once) what to log in with. */

export interface Address {
  readonly contest: string;
  readonly language: string | null;
  /** How many frames to keep for finding faults. */
  readonly keepFrames: number;
}

/** What a link brings: a personal code, or a token that another system signed. */
export type Credential = { readonly code: string } | { readonly external_token: string };

/** `/take/<contest>?lang=ar&frames=1000` */
export function addressOf(address: URL): Address {
  const frames = Number(address.searchParams.get("frames") ?? 0);
  return {
    contest: decodeURIComponent(address.pathname.split("/")[2] ?? ""),
    language: address.searchParams.get("lang"),
    keepFrames: Number.isFinite(frames) ? Math.min(10_000, Math.max(0, frames)) : 0,
  };
}

/** From what follows `#`, which browsers never send to a server; null if it brings nothing. */
export function credentialOf(hash: string): Credential | null {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const code = given.get("code");
  const token = given.get("token");
  if (code !== null && code.trim() !== "") return { code: code.trim() };
  return token !== null && token !== "" ? { external_token: token } : null;
}

/** The same, out of the address bar (and the history) at once: who looks over a shoulder, or finds a screenshot, learns no code. */
export function takeCredential(): Credential | null {
  const found = credentialOf(location.hash);
  if (found !== null) history.replaceState(null, "", location.pathname + location.search);
  return found;
}
