import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useResource } from "../client/resource.ts";
import type { KeyDetail } from "../client/shapes.ts";
import { KeyState } from "../parts/key-state.tsx";
import { NameOfKey } from "../parts/names.tsx";
import { Loading, ProblemNote } from "../parts/notes.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { toHref } from "../route.ts";
import { route } from "../router.ts";
import { Certificates } from "./peer/certificates.tsx";
import { KeyCard } from "./peer/key-card.tsx";
import { KeysOfName } from "./peer/keys-of-name.tsx";
import { OpenConnections } from "./peer/open-connections.tsx";
import { PeerActions } from "./peer/peer-actions.tsx";
import { type PeerDialog, PeerDialogs } from "./peer/peer-dialogs.tsx";
import { RefusalsOfKey } from "./peer/refusals-of-key.tsx";
import { TimeLine } from "./peer/time-line-list.tsx";

/** All that is known of one key, and what can be done about it. */
export function PeerView(): VNode {
  const path = `/v1/keys/${encodeURIComponent(route.value.key ?? "")}`;
  const { value, etag, problem, reload } = useResource<KeyDetail>(path, ["change", "connections"]);
  const dialog = useSignal<{ readonly name: PeerDialog; readonly etag: string | null } | null>(null);
  const key = value.value;
  if (key === null) {
    return (
      <>
        <ViewHead title="Peer" name="Peer" />
        {problem.value === null ? (
          <Loading />
        ) : (
          <>
            <ProblemNote problem={problem.value} retry={reload} />
            <p class="after-list">
              <a href={toHref("peers")}>All peers</a>
            </p>
          </>
        )}
      </>
    );
  }
  const { keyId, connections, groups, note } = key;
  return (
    <>
      <ViewHead
        title={<NameOfKey {...key} />}
        name={key.peer ?? keyId}
        actions={
          <PeerActions
            shown={key}
            etag={etag.value}
            onDialog={(name) => (dialog.value = { name, etag: etag.value })}
          />
        }
      >
        <KeyState {...key} />
        {connections > 0 && (
          <a class="dim" href={toHref("connections", { q: keyId })}>
            {connections === 1 ? "1 connection" : `${connections} connections`}
          </a>
        )}
        {groups.map((group) => (
          <a class="tag" href={toHref("peers", { q: `group:${group}` })}>
            {group}
          </a>
        ))}
      </ViewHead>
      {note !== null && <p class="peer-note">{note}</p>}
      {key.newName !== null && key.state === "trusted" && (
        <div class="note note-warn">
          <p>
            A later certificate of it claims <bdi class="claim">{key.newName}</bdi>: it is refused until that
            is approved.
          </p>
          <a class="button small" href={toHref("compare", {}, keyId)}>
            Compare…
          </a>
        </div>
      )}
      {key.staleSeen && (
        <div class="note note-bad">
          <p>This key came back after it was {key.state}: somebody still has it.</p>
        </div>
      )}
      <div class="peer-columns">
        <div class="peer-main">
          <section class="card" aria-labelledby="time-line">
            <h2 id="time-line">Time line</h2>
            <TimeLine shown={key} />
          </section>
          <OpenConnections shown={key} />
          <RefusalsOfKey shown={key} />
        </div>
        <div class="peer-side">
          <KeyCard shown={key} />
          <KeysOfName shown={key} />
          <Certificates certificates={key.certificates} />
        </div>
      </div>
      <PeerDialogs
        open={dialog.value?.name ?? null}
        shown={key}
        etag={dialog.value?.etag ?? null}
        onClose={() => (dialog.value = null)}
      />
    </>
  );
}
