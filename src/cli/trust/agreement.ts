import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyVerb } from "../../trust/naming/resolve-keys.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import { showPeer } from "../lists/print-keys.ts";
import { isConfirmed } from "../terminal/confirm.ts";
import { say } from "../terminal/output.ts";

const MOST_SHOWN = 20;

/** Shows a person the keys that something is about to be done to, and asks. */
export async function isAgreed(verb: KeyVerb, keys: readonly KeyRecord[]): Promise<boolean> {
  for (const key of keys.slice(0, MOST_SHOWN)) say(`  ${showPeer(key)}  ${toKeyId(key.pin)}  ${key.state}`);
  if (keys.length > MOST_SHOWN) say(`  and ${keys.length - MOST_SHOWN} more`);
  return isConfirmed(`${verb.replace("-", " ")} these ${keys.length} keys?`);
}

/** What is not agreed to is not done, which is a failure to whoever waits for it. */
export function leaveUnchanged(): void {
  say("nothing was changed");
  process.exitCode = 1;
}
