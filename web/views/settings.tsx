import type { VNode } from "preact";
import { session } from "../client/session.ts";
import { ViewHead } from "../parts/view-head.tsx";
import { ApiTokens } from "./settings/api-tokens.tsx";
import { Doctor } from "./settings/doctor.tsx";
import { Machines } from "./settings/machines.tsx";
import { Operators } from "./settings/operators.tsx";

/** Who may act here, and how the server is. */
export function SettingsView(): VNode {
  const scope = session.value?.operator?.scope;
  const mayRead = scope === "manage" || scope === "admin";
  return (
    <>
      <ViewHead title="Settings" name="Settings" />
      <div class="settings">
        <Doctor />
        <Machines />
        {mayRead && <Operators />}
        {mayRead && <ApiTokens />}
      </div>
    </>
  );
}
