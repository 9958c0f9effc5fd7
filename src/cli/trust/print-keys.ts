import { toListedKey } from "../../operator/listed-key.ts";
import { toKeyId } from "../../trust/key-id.ts";
import type { KeyRecord } from "../../trust/key-record.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { print, printJson, showName, showTime } from "../output.ts";

/** A peer's name for people; one that is only claimed says so, and one that approval gives instead of the claim. */
export function showPeer({ pin, peer, claimedName, newName }: ShownPeer): string {
  if (peer !== null) return showName(peer);
  const claim = claimedName === null ? "-" : `${showName(claimedName)} (claimed)`;
  return newName === null || newName === toKeyId(pin) ? claim : `${showName(newName)} (would be), ${claim}`;
}

type ShownPeer = Pick<KeyRecord, "pin" | "peer" | "claimedName" | "newName">;

/** Says of each key what became of it: `revoked  anna  KEYID`, or the keys as JSON. */
export function printChangedKeys(
  store: TrustStore,
  keys: readonly KeyRecord[],
  options: { readonly word?: string; readonly json?: true },
): void {
  if (options.json === true) printJson(keys.map((key) => toListedKey(store, key, Date.now())));
  else {
    for (const key of keys) {
      const end = key.state === "trusted" && key.expires !== null ? [`until ${showTime(key.expires)}`] : [];
      print([options.word ?? key.state, showPeer(key), toKeyId(key.pin), ...end].join("  "));
    }
  }
}
