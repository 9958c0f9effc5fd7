import type { VNode } from "preact";
import { ViewHead } from "../parts/view-head.tsx";

/** Peer. */
export function PeerView(): VNode {
  return <ViewHead title="Peer" name="Peer" />;
}
