import { isInNetwork, parseIpNetwork } from "../network/ip-network.ts";

/** A while in which first use is accepted, whatever the policy of the servers. */
export interface FirstUseWindow {
  /** The number of the event that opened it. */
  readonly event: number;
  /** Milliseconds since the epoch; it may be past. */
  readonly until: number;
  /** How many keys may come by it; null for any number. */
  readonly max: number | null;
  /** The network that they must come from (CIDR); null for any. */
  readonly from: string | null;
  /** How many came by it so far. */
  readonly taken: number;
}

/** Whether one more key from this address may come by a window. */
export function letsIn(
  window: FirstUseWindow | null,
  remoteAddress: string | null | undefined,
  now: number,
): window is FirstUseWindow {
  if (window === null || now >= window.until || isUsedUp(window)) return false;
  if (window.from === null) return true;
  const network = parseIpNetwork(window.from);
  return network !== undefined && isInNetwork(network, remoteAddress ?? undefined);
}

/** Whether as many keys came by a window as may. */
export function isUsedUp({ max, taken }: FirstUseWindow): boolean {
  return max !== null && taken >= max;
}
