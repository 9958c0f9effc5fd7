import { parseKeyReference } from "../trust/naming/key-reference.ts";
import type { RefusalFilter, Roll } from "../trust/port/roll.ts";

/**
 * What finds the refusals of whoever an operator's text means: keys that are known, and those and names that are not,
 * or not any more.
 */
export async function refusalsOf(
  store: Roll,
  text: string,
): Promise<Pick<RefusalFilter, "of" | "fingerprint">> {
  const reference = parseKeyReference(text);
  const known = (await store.keysMeantBy(reference)).map(({ pin }) => pin);
  switch (reference.kind) {
    case "pin":
      return { of: { pins: reference.pin === null ? [] : [reference.pin], peers: [] } };
    case "fingerprint":
      // A certificate whose key could not be read has nothing else to be known by.
      return known.length === 0 ? { fingerprint: reference.fingerprint } : { of: { pins: known, peers: [] } };
    case "key-id":
      return { of: { pins: known, pinPrefix: reference.pinPrefix, peers: [] } };
    case "name":
      return { of: { pins: known, peers: reference.nameKeys } };
  }
}
