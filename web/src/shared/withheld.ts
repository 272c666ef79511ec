/** In which words a page says that verdicts are withheld. Pure. */

import { verdictsAreTold, type Status } from "@podium/client";

export type WithheldKey = "withheld.after_end" | "withheld.never";

/** Null: they are told, as far as there are any. */
export function withheldKey(status: Status | null): WithheldKey | null {
  if (status === null || verdictsAreTold(status)) return null;
  return status.feedback === "never" ? "withheld.never" : "withheld.after_end";
}
