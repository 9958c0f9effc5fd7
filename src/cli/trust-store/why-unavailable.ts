import { reasonOf } from "../../errors.ts";
import { whyBehind } from "../../operator/replication/replication-trouble.ts";
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

/** Why a server that opened this store at `openedAt` would not let in whom it should; null when it would. */
export function whyUnreadyWith(store: TrustStore, openedAt: number): string | null {
  const replication = store.replication();
  const behind = replication && whyBehind(replication, openedAt, Date.now());
  return behind ?? whyUnavailable(store);
}
