import type { VNode } from "preact";
import { ViewHead } from "../parts/view-head.tsx";

/** History. */
export function HistoryView(): VNode {
  return <ViewHead title="History" name="History" />;
}
