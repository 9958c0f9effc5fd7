import type { VNode } from "preact";

/** First use while it is open, and who came once it is closed. */
export function WindowPanel(): VNode | null {
  return null;
}
