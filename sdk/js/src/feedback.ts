import type { Status } from "./messages.ts";

/** Whether contestants may know their verdicts and the board shows any. If not, `verdict` and `score` are null, judged or not (protocol.md). */
export function verdictsAreTold(status: Pick<Status, "feedback" | "finalized_at">): boolean {
  return status.feedback !== "never" && (status.feedback !== "after_end" || status.finalized_at !== null);
}
