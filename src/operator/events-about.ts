import { parseKeyReference } from "../trust/naming/key-reference.ts";
import type { Roll } from "../trust/port/roll.ts";

/** What the events of whoever an operator's text means are about: pins, and names where no key was there yet. */
export async function eventsAbout(store: Roll, text: string): Promise<readonly string[]> {
  const reference = parseKeyReference(text);
  const keys = await store.keysMeantBy(reference);
  const names = keys.flatMap(({ peer, claimedName }) => [peer, claimedName]);
  const given = reference.kind === "pin" ? reference.pin : reference.text;
  const about = [...keys.map(({ pin }) => pin), ...names, given];
  return [...new Set(about.filter((subject) => subject !== null))];
}
