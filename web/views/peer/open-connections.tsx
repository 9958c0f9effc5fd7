import type { VNode } from "preact";
import type { ConnectionJson } from "../../client/list-shapes.ts";
import type { ListAnswer } from "../../client/paged-list.ts";
import { useResource } from "../../client/resource.ts";
import type { KeyDetail } from "../../client/shapes.ts";
import { Time } from "../../parts/time.tsx";
import { toHref } from "../../route.ts";

const MOST = 10;

/** Connections of the key that are open now. */
export function OpenConnections({ shown }: { readonly shown: KeyDetail }): VNode {
  const { keyId, connections, state, lastSeen } = shown;
  const path = connections === 0 ? null : `/v1/connections?q=${encodeURIComponent(keyId)}&limit=${MOST}`;
  const { value } = useResource<ListAnswer<ConnectionJson>>(path, ["connections"]);
  const items = connections === 0 ? [] : (value.value?.items ?? []);
  return (
    <section class="card" aria-labelledby="connections">
      <h2 id="connections">{connections > 1 ? `Connected now (${connections})` : "Connected now"}</h2>
      {connections === 0 && (
        <p class="dim">
          No connection is open
          {state === "trusted" && lastSeen !== null ? (
            <>
              ; the last came <Time at={lastSeen} />
            </>
          ) : (
            ""
          )}
          .
        </p>
      )}
      <ul class="lines">
        {items.map(({ connection, remoteAddress, since, listener, process }) => (
          <li key={connection}>
            <span class="mono">{remoteAddress ?? "no address"}</span>
            <span class="dim">
              {listener ?? process}, <Time at={since} />
            </span>
          </li>
        ))}
      </ul>
      {connections > items.length && <a href={toHref("connections", { q: keyId })}>All {connections}</a>}
    </section>
  );
}
