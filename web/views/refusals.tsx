import type { VNode } from "preact";
import { ViewHead } from "../parts/view-head.tsx";

/** Refusals. */
export function RefusalsView(): VNode {
  return <ViewHead title="Refusals" name="Refusals" />;
}
