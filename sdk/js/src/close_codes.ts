/** What a close code asks of a client (protocol.md, Close codes): its range tells. */

export type Duty = "come_back" | "new_ticket" | "stay_away";

/** 1005 and 1006 (no code, a cut line) mean: come back. */
export function duty(code: number): Duty {
  if (code >= 4400 && code <= 4449) return "new_ticket";
  if ((code >= 4450 && code <= 4499) || code === 1000 || code === 1008) return "stay_away";
  return "come_back";
}
