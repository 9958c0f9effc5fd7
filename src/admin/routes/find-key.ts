import { isHandclaspError } from "../../errors.ts";
import { parseKeyId } from "../../trust/naming/key-id.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import type { Knowledge } from "../../trust/port/knowledge.ts";

/** The key of a whole key id in a path; undefined for any other text. */
export function findKey(
  store: Knowledge,
  { keyId = "" }: Readonly<Record<string, string>>,
): KeyRecord | undefined {
  try {
    return store.key(parseKeyId(keyId));
  } catch (error) {
    if (isHandclaspError(error, "ERR_HANDCLASP_KEY_ID")) return undefined;
    throw error;
  }
}
