/** Durations as people type them. Pure. */

/** `5:00` and `5:00:00` are hours; `90` and `90 min` minutes; `1h30`, `2 h`, `45 s`. Null: not understood. Whole seconds. */
export function parseDuration(text: string): number | null {
  const plain = text.trim().toLowerCase().replace(/\s+/g, "");
  const clock = /^(\d{1,4}):([0-5]?\d)(?::([0-5]?\d))?$/.exec(plain);
  if (clock !== null) return Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0);
  if (/^\d{1,6}$/.test(plain)) return Number(plain) * 60;
  const words = /^(?:(\d{1,4})h)?(?:(\d{1,6})(?:min|m|$))?(?:(\d{1,6})s)?$/.exec(plain);
  if (plain === "" || words === null) return null;
  return Number(words[1] ?? 0) * 3600 + Number(words[2] ?? 0) * 60 + Number(words[3] ?? 0);
}

/** `5:00`; with seconds only where there are some: `0:01:30`. */
export function showDuration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  return rest === 0 ? `${hours}:${two(minutes)}` : `${hours}:${two(minutes)}:${two(rest)}`;
}

/** What a `datetime-local` field shows for a time in UTC: the viewer's time. */
export function toLocal(iso: string | null): string {
  if (iso === null) return "";
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromLocal(text: string): string | null {
  const ms = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
