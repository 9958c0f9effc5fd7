import type { VNode } from "preact";
import { ViewHead } from "../parts/view-head.tsx";

/** Settings. */
export function SettingsView(): VNode {
  return <ViewHead title="Settings" name="Settings" />;
}
