/** Times and durations as texts. */

/** `4:05:09`; below an hour `5:09`. Seconds are cut, never rounded up: a clock shows no second that is not over. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(minutes).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
  return `${hours}:${tail}`;
}

/** The viewer's time of day, `14:02:31`. */
export function timeOfDay(ms: number, locale: string, withSeconds = true): string {
  const parts: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", numberingSystem: "latn" };
  return new Intl.DateTimeFormat(locale, withSeconds ? { ...parts, second: "2-digit" } : parts).format(ms);
}

/** Date and time of day with the viewer's zone, for what is not today. */
export function dateAndTime(ms: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    timeZoneName: "short", numberingSystem: "latn",
  }).format(ms);
}
