import type { VNode } from "preact";
import type { KeyRow } from "../client/shapes.ts";
import { KeyId } from "../parts/key-id.tsx";
import { KeyState } from "../parts/key-state.tsx";
import { NameOfKey } from "../parts/names.tsx";
import { Empty } from "../parts/notes.tsx";
import { Time } from "../parts/time.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { VirtualList } from "../parts/virtual-list.tsx";
import { toHref } from "../route.ts";
import { route } from "../router.ts";
import { ActOnAll } from "./peers/act-on-all.tsx";

const COLUMNS = ["Name", "State", "Key", "Groups", "Source", "Connected", "Last seen"];

/** All keys, by search. */
export function PeersView(): VNode {
  const { q = "", state = "" } = route.value.query;
  const asked = new URLSearchParams(Object.entries({ q, state }).filter(([, value]) => value !== ""));
  return (
    <>
      <ViewHead
        title="Peers"
        name="Peers"
        actions={asked.size === 0 ? undefined : <ActOnAll q={toSearch(q, state)} />}
      />
      <StateChoice chosen={state} />
      <VirtualList<KeyRow>
        label="Peers"
        kind="peers"
        columns={COLUMNS}
        path={asked.size === 0 ? "/v1/keys" : `/v1/keys?${asked.toString()}`}
        topics={["change", "connections"]}
        keyOf={({ pin }) => pin}
        row={(key) => <Cells {...key} />}
        empty={asked.size === 0 ? <NoPeers /> : <NothingFound q={q} state={state} />}
      />
    </>
  );
}

function Cells(key: KeyRow): VNode {
  const { keyId, groups, source, connections, lastSeen } = key;
  return (
    <>
      <span role="cell" class="cell-name">
        <a href={toHref("peer", {}, keyId)} data-open>
          <NameOfKey {...key} />
        </a>
      </span>
      <span role="cell" class="cell-state">
        <KeyState {...key} />
      </span>
      <span role="cell" class="cell-key">
        <KeyId keyId={keyId} />
      </span>
      <span role="cell" class="cell-groups dim">
        {groups.join(", ")}
      </span>
      <span role="cell" class="cell-source dim">
        {source}
      </span>
      <span role="cell" class="cell-connected">
        {connections > 0 && `${connections} open`}
      </span>
      <span role="cell" class="cell-seen dim">
        <Time at={lastSeen} never="never seen" />
      </span>
    </>
  );
}

/** The state as a word of the search. */
function toSearch(q: string, state: string): string {
  return [state === "" ? "" : `state:${state}`, q].filter(Boolean).join(" ");
}

const STATES = [
  ["", "All"],
  ["trusted", "Trusted"],
  ["pending", "Waiting"],
  ["revoked", "Revoked"],
  ["ignored", "Ignored"],
  ["retired", "Retired"],
] as const;

function StateChoice({ chosen }: { readonly chosen: string }): VNode {
  const { q = "" } = route.value.query;
  return (
    <nav class="chips" aria-label="States">
      {STATES.map(([state, text]) => (
        <a
          class="chip"
          href={toHref("peers", { q, state })}
          aria-current={chosen === state ? "true" : undefined}
        >
          {text}
        </a>
      ))}
    </nav>
  );
}

function NoPeers(): VNode {
  return (
    <Empty title="No peers yet.">
      <p>
        A client becomes one when it connects and is approved, or with a token:{" "}
        <a href="/invite">invite one</a>.
      </p>
    </Empty>
  );
}

function NothingFound({ q, state }: { readonly q: string; readonly state: string }): VNode {
  return (
    <Empty
      title={q === "" ? `No key is ${state === "pending" ? "waiting" : state}.` : `Nothing matches “${q}”.`}
    >
      <p>
        Search for a part of a name, a key id, a note or an address, or narrow down by{" "}
        <code>state:trusted</code>, <code>-group:lab</code>, <code>seen&lt;30d</code>,{" "}
        <code>source:token</code>. <a href="/peers">All peers</a>
      </p>
    </Empty>
  );
}
