import type { VNode } from "preact";
import { toHref } from "../route.ts";

const SHOWN_GROUPS = 2;

/** A key id in its groups, or its beginning, by which it is told from others at a glance. */
export function KeyId({ keyId, whole = false }: { readonly keyId: string; readonly whole?: boolean }): VNode {
  const groups = keyId.split("-");
  if (!whole) {
    return (
      <code class="key-id" title={keyId}>
        {groups.slice(0, SHOWN_GROUPS).join("-")}…
      </code>
    );
  }
  return (
    <code class="key-id">
      {groups.map((group, index) => (
        <>
          {index === 0 ? "" : "-"}
          {index === 0 ? null : <wbr />}
          {group}
        </>
      ))}
    </code>
  );
}

/** The beginning of a key id that leads to its peer. */
export function KeyLink({ keyId }: { readonly keyId: string }): VNode {
  return (
    <a class="key-link" href={toHref("peer", {}, keyId)}>
      <KeyId keyId={keyId} />
    </a>
  );
}
