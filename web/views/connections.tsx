import type { VNode } from "preact";
import type { ConnectionJson } from "../client/list-shapes.ts";
import { actOnKey } from "../client/act-on-key.ts";
import { may } from "../client/session.ts";
import { FilterText } from "../parts/filters.tsx";
import { KeyId } from "../parts/key-id.tsx";
import { PeerName } from "../parts/names.tsx";
import { Empty } from "../parts/notes.tsx";
import { Time } from "../parts/time.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";
import { toHref } from "../route.ts";
import { route } from "../router.ts";

const COLUMNS = ["Peer", "Key", "From", "Listener", "Process", "Open since", "Acts"];

/** Who is connected now. */
export function ConnectionsView(): VNode {
  const { q = "" } = route.value.query;
  return (
    <>
      <ViewHead title="Connections" name="Connections" />
      <div class="filters">
        <FilterText name="q" label="Find a connection" placeholder="Name, address, listener or process" />
      </div>
      <VirtualList<ConnectionJson>
        label="Open connections"
        kind="connections"
        columns={COLUMNS}
        path={q === "" ? "/v1/connections" : `/v1/connections?q=${encodeURIComponent(q)}`}
        topics={["connections"]}
        keyOf={({ run, connection }) => `${run} ${connection}`}
        row={(each) => <Cells {...each} />}
        empty={<NoConnections q={q} />}
      />
    </>
  );
}

function Cells({ peer, keyId, remoteAddress, listener, process, machine, since }: ConnectionJson): VNode {
  return (
    <>
      <span role="cell" class="cell-name">
        <a href={toHref("peer", {}, keyId)} data-open>
          <PeerName name={peer} />
        </a>
      </span>
      <span role="cell" class="cell-key">
        <KeyId keyId={keyId} />
      </span>
      <span role="cell" class="cell-from mono">
        {remoteAddress ?? "unknown"}
      </span>
      <span role="cell" class="cell-listener dim">
        {listener ?? ""}
      </span>
      <span role="cell" class="cell-process dim">
        {machine === null ? process : `${process} on ${machine}`}
      </span>
      <span role="cell" class="cell-since dim">
        <Time at={since} />
      </span>
      <span role="cell" class="cell-act">
        {may("manage") && (
          <button
            type="button"
            class="button danger small"
            aria-label={`Revoke ${peer}`}
            onClick={() => void actOnKey(keyId, "revoke", peer)}
          >
            Revoke
          </button>
        )}
      </span>
    </>
  );
}

function NoConnections({ q }: { readonly q: string }): VNode {
  if (q !== "") {
    return (
      <Empty title={`No connection matches “${q}”.`}>
        <p>
          <a href={toHref("connections")}>All connections</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="Nobody is connected.">
      <p>
        Connections stand here while they are open, of all processes and machines on this store. Who was
        refused stands in <a href={toHref("refusals")}>Refusals</a>.
      </p>
    </Empty>
  );
}
