import type { VNode } from "preact";

/** A name that a client claims and that nobody vouched for: its direction of writing ends with it. */
export function Claim({ name }: { readonly name: string | null }): VNode {
  if (name === null) return <span class="dim">claims no name</span>;
  return (
    <span class="claims">
      claims <bdi class="claim">{name}</bdi>
    </span>
  );
}

/** A name that is bound to a key. */
export function PeerName({ name }: { readonly name: string }): VNode {
  return <bdi class="peer-name">{name}</bdi>;
}

/** The name of a key as far as there is one: bound for what was trusted once, else claimed. */
export function NameOfKey({ peer, state }: { readonly peer: string | null; readonly state: string }): VNode {
  if (peer === null || state === "pending" || state === "ignored") return <Claim name={peer} />;
  return <PeerName name={peer} />;
}
