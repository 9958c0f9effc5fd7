import type { VNode } from "preact";

/** Two moments of the chain, side by side. */
export function CompareTimes(): VNode {
  return <p class="dim">…</p>;
}
