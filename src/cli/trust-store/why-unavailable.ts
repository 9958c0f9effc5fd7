import { reasonOf } from "../../errors.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

/** Why no client could be let in by this store; null when one could. */
export function whyUnavailable(store: TrustStore): string | null {
  try {
    store.firstUseWindow();
    return null;
  } catch (error) {
    return `the trust store is not available: ${reasonOf(error)}`;
  }
}
