import type { VNode } from "preact";
import { ViewHead } from "../parts/view-head.tsx";

/** Connections. */
export function ConnectionsView(): VNode {
  return <ViewHead title="Connections" name="Connections" />;
}
