import { isHandclaspError } from "../../errors.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

/** How long a server waits for what other machines have before it starts with what it has. */
const MOST_MS = 5000;

/**
 * Waits until a store is as new as that of the other machines. That they cannot be asked keeps no server from starting;
 * throws what no waiting mends.
 */
export async function awaitStore(store: TrustStore): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, MOST_MS);
  try {
    await Promise.race([store.catchUp(), late]);
  } catch (error) {
    // Health and log say it, as long as it is so.
    if (!isHandclaspError(error, "ERR_HANDCLASP_STORE_READ")) throw error;
  } finally {
    clearTimeout(timer);
  }
}
