import { toListedKeys } from "../../operator/listed-key.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin, KeyRecord } from "../../trust/records/key-record.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { Roll } from "../../trust/port/roll.ts";
import { print, printJson, showName, showTime } from "../terminal/output.ts";

/** Two groups with their check characters: enough to name a key by. */
const SHORT_KEY_ID = "AAAAAAA-AAAAAAA".length;

/** The beginning of a key id, for tables: any verb takes it. */
export function shortKeyId(pin: KeyPin): string {
  return toKeyId(pin).slice(0, SHORT_KEY_ID);
}

/** Where a client came from, and the listener that it came to. */
export function showFrom(address: string | null, listener: string | null, machine?: string): string {
  const from = address === null ? "-" : escapeText(address);
  const at = [listener ?? [], machine === undefined ? [] : `on ${machine}`].flat().map(showName);
  return at.length === 0 ? from : `${from} (${at.join(" ")})`;
}

/** A peer's name for people; one that is only claimed says so, and one that approval gives instead of the claim. */
export function showPeer({ pin, peer, claimedName, newName }: ShownPeer): string {
  if (peer !== null) return showName(peer);
  const claim = claimedName === null ? "-" : `${showName(claimedName)} (claimed)`;
  return newName === null || newName === toKeyId(pin) ? claim : `${showName(newName)} (would be), ${claim}`;
}

type ShownPeer = Pick<KeyRecord, "pin" | "peer" | "claimedName" | "newName">;

/** Says of each key what became of it: `revoked  anna  KEYID`, or the keys as JSON. */
export async function printChangedKeys(
  store: Roll,
  keys: readonly KeyRecord[],
  options: { readonly word?: string; readonly json?: true },
): Promise<void> {
  if (options.json === true) printJson(await toListedKeys(store, keys, Date.now()));
  else {
    for (const key of keys) {
      const end = key.state === "trusted" && key.expires !== null ? [`until ${showTime(key.expires)}`] : [];
      print([options.word ?? key.state, showPeer(key), toKeyId(key.pin), ...end].join("  "));
    }
  }
}
