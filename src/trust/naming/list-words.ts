import { HandclaspError } from "../../errors.ts";
import type { KeyLookup } from "../records/key-lookup.ts";
import type { PeerName } from "./peer-name.ts";

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

/** Whether a folded name would be new, and is such a word. Whoever has it from before there were those words keeps it. */
export function isNewListWord(known: Pick<KeyLookup, "keysOfName">, nameKey: string): boolean {
  return isListWord(nameKey) && known.keysOfName(nameKey).length === 0;
}

/** Throws ERR_HANDCLASP_NAME for such a name. */
export function mustBeNoListWord(
  known: Pick<KeyLookup, "keysOfName">,
  { name, nameKey }: { readonly name: PeerName; readonly nameKey: string },
): void {
  if (!isNewListWord(known, nameKey)) return;
  throw new HandclaspError(
    "ERR_HANDCLASP_NAME",
    `this cannot be a new peer's name: "${name}" means something else in lists of who may come in`,
    { hint: `give another name; a peer that was called so before is ${NAME_PREFIX}${name} in lists` },
  );
}
