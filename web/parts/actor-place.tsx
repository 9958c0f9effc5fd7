import type { VNode } from "preact";
import type { EventJson } from "../client/shapes.ts";

/** Where somebody came from who did something, and on which machine it was done where there are several. */
export function ActorPlace({ event: { actor } }: { readonly event: EventJson }): VNode | null {
  const { address = null, machine } = actor ?? {};
  if (address === null && machine === undefined) return null;
  return (
    <span>
      {address !== null && (
        <>
          from <span class="mono">{address}</span>
        </>
      )}
      {machine !== undefined && `${address === null ? "" : " "}on ${machine}`}
    </span>
  );
}
