import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { Invited } from "../client/list-shapes.ts";
import { may } from "../client/session.ts";
import { ViewHead } from "../parts/view-head.tsx";
import { CreateToken } from "./invite/create-token.tsx";
import { Invitation } from "./invite/invitation.tsx";
import { Tokens } from "./invite/tokens.tsx";

/** Join tokens: one client each, by a name that it gets. */
export function InviteView(): VNode {
  const made = useSignal<Invited | null>(null);
  return (
    <>
      <ViewHead title="Invite" name="Invite" />
      {made.value !== null && <Invitation invited={made.value} onDone={() => (made.value = null)} />}
      {made.value === null && may("manage") && <CreateToken onMade={(invited) => (made.value = invited)} />}
      <Tokens />
    </>
  );
}
