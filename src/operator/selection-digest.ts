import { createHash } from "node:crypto";
import type { KeyRecord } from "../trust/records/key-record.ts";

/** A key as it was when it was selected. */
export type SelectedKey = Pick<KeyRecord, "pin" | "version">;

/** One text for the same keys in the same versions, in whatever order: 64 lower-case hex digits. */
export function selectionDigest(items: Iterable<SelectedKey>): string {
  const lines = Array.from(items, ({ pin, version }) => `${pin} ${version}\n`);
  const digest = createHash("sha256");
  for (const line of lines.toSorted()) digest.update(line);
  return digest.digest("hex");
}
