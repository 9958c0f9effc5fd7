import type { VNode } from "preact";
import { act } from "../../client/act.ts";
import { may } from "../../client/session.ts";
import type { KeyDetail } from "../../client/shapes.ts";
import { AsCommand } from "../../parts/as-command.tsx";
import { Menu, type MenuItem } from "../../parts/menu.tsx";
import { toHref } from "../../route.ts";
import type { PeerDialog } from "./peer-dialogs.tsx";

export interface PeerActionsProps {
  readonly shown: KeyDetail;
  readonly etag: string | null;
  readonly onDialog: (dialog: PeerDialog) => void;
}

type Direct = "revoke" | "ignore" | "set-aside";

const DONE: Readonly<Record<Direct, string>> = {
  revoke: "Revoked",
  ignore: "Ignored",
  "set-aside": "Set aside",
};

/** What fits its state, and the rest behind a menu. */
export function PeerActions({ shown, etag, onDialog }: PeerActionsProps): VNode {
  const { state, keyId, peer, newName } = shown;
  const name = peer ?? "this key";
  const direct = (what: Direct): void => {
    const path = `/v1/keys/${encodeURIComponent(keyId)}/${what}`;
    void act({ path, ifMatch: etag, said: () => `${DONE[what]} ${name}` });
  };
  const isTrusted = state === "trusted";
  const hasName = isTrusted || state === "revoked" || state === "retired";
  const items = [
    ...item("Note…", () => onDialog("note"), "approve"),
    ...(hasName ? item("Rename…", () => onDialog("rename"), "manage") : []),
    ...(hasName ? item("Groups…", () => onDialog("groups"), "manage") : []),
    ...(isTrusted ? item("Set aside", () => direct("set-aside"), "manage") : []),
    ...(state === "pending" ? item("Revoke", () => direct("revoke"), "manage", true) : []),
    ...item("Forget…", () => onDialog("forget"), "manage", true),
  ];
  return (
    <>
      {may("approve") && (!isTrusted || newName !== null) && (
        <a
          class={state === "pending" || isTrusted ? "button primary" : "button"}
          href={toHref("compare", {}, keyId)}
          data-compare
        >
          Compare…
        </a>
      )}
      {may("approve") && state === "pending" && (
        <button type="button" class="button" onClick={() => direct("ignore")}>
          Ignore
        </button>
      )}
      {may("manage") && isTrusted && (
        <button type="button" class="button danger" onClick={() => direct("revoke")}>
          Revoke
        </button>
      )}
      {items.length > 0 && <Menu label={`More for ${name}`} items={items} />}
      <AsCommand
        acts={(isTrusted ? ["revoke", "set-aside"] : ["approve", "ignore"]).map((each) => ({
          act: each,
          key: keyId,
        }))}
      />
    </>
  );
}

/** One item, for who may do it. */
function item(
  text: string,
  run: () => void,
  scope: "approve" | "manage",
  danger = false,
): readonly MenuItem[] {
  return may(scope) ? [{ text, act: run, danger }] : [];
}
