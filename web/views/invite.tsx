import type { VNode } from "preact";
import { ViewHead } from "../parts/view-head.tsx";

/** Invite. */
export function InviteView(): VNode {
  return <ViewHead title="Invite" name="Invite" />;
}
