import type { VNode } from "preact";
import { ViewHead } from "../parts/view-head.tsx";

/** Waiting. */
export function WaitingView(): VNode {
  return <ViewHead title="Waiting" name="Waiting" />;
}
