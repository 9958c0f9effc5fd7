import type { VNode } from "preact";
import { useResource } from "../../client/resource.ts";
import type { KeyDetail, KeyList } from "../../client/shapes.ts";
import { KeyLink } from "../../parts/key-id.tsx";
import { KeyState } from "../../parts/key-state.tsx";
import { Time } from "../../parts/time.tsx";

const MOST = 100;

/** All keys that have had the name, the first one first: how one followed the other. One alone is nothing to show. */
export function KeysOfName({ shown }: { readonly shown: KeyDetail }): VNode | null {
  const { peer, pin } = shown;
  const path = peer === null ? null : `/v1/keys?q=${encodeURIComponent(peer)}&limit=${MOST}`;
  const { value } = useResource<KeyList>(path, ["change"]);
  const keys = (value.value?.items ?? [])
    .filter((key) => key.peer === peer)
    .toSorted((a, b) => ((a.firstSeen ?? "") < (b.firstSeen ?? "") ? -1 : 1));
  if (keys.length < 2) return null;
  return (
    <section class="card" aria-labelledby="keys-of-name">
      <h2 id="keys-of-name">Keys of this name</h2>
      <ol class="chain">
        {keys.map((key) => (
          <li key={key.pin} class={key.source === "rotation" ? "chain-follows" : undefined}>
            <span class="chain-key">
              {key.pin === pin ? <strong>This one</strong> : <KeyLink keyId={key.keyId} />}
              <KeyState {...key} />
            </span>
            <span class="dim">
              {key.source === "rotation" ? "endorsed by the one before it, " : ""}
              <Time at={key.firstSeen} as="day" />
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
