import type { VNode } from "preact";
import { ViewHead } from "../parts/view-head.tsx";

/** Compare. */
export function CompareView(): VNode {
  return <ViewHead title="Compare" name="Compare" />;
}
