import type { VNode } from "preact";

/** What is left of first use while it is open. */
export function WindowChip(): VNode | null {
  return null;
}
