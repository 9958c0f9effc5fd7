/** Whoever comes, with a certificate or without. */
export const ANYONE = "anyone";
/** Every trusted peer. */
export const ANY_PEER = "any-peer";
/** Whoever comes from an IP network in CIDR notation, with a certificate or without. */
export const NETWORK_PREFIX = "network:";
export const GROUP_PREFIX = "group:";
/** A peer, whatever it is called. */
export const NAME_PREFIX = "name:";

const PREFIXES = [NETWORK_PREFIX, GROUP_PREFIX, NAME_PREFIX];

/** Whether a folded name means something else in lists of who may come in: no new peer is called so. */
export function isListWord(nameKey: string): boolean {
  return nameKey === ANYONE || nameKey === ANY_PEER || PREFIXES.some((prefix) => nameKey.startsWith(prefix));
}
