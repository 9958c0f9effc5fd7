import type { VNode } from "preact";
import { reasonWords } from "../../client/reason-words.ts";
import type { KeyDetail } from "../../client/shapes.ts";
import { Time } from "../../parts/time.tsx";
import { toHref } from "../../route.ts";

const MOST = 5;

/** How often the key was refused of late, by reason and address. */
export function RefusalsOfKey({ shown }: { readonly shown: KeyDetail }): VNode {
  const { refusals, keyId } = shown;
  const newest = refusals.toSorted((a, b) => ((a.lastAt ?? "") < (b.lastAt ?? "") ? 1 : -1)).slice(0, MOST);
  return (
    <section class="card" aria-labelledby="refusals">
      <h2 id="refusals">Refused of late</h2>
      {newest.length === 0 && <p class="dim">It was not refused in the last seven days.</p>}
      <ul class="lines">
        {newest.map(({ reason, address, count, lastAt, connection }) => (
          <li key={connection}>
            <a href={toHref("refusals", { key: keyId, open: connection })}>
              {count === 1 ? "once" : `${count} times`}: {reasonWords(reason)}
            </a>
            <span class="dim">
              {address !== null && <span class="mono">{address} </span>}
              <Time at={lastAt} />
            </span>
          </li>
        ))}
      </ul>
      {refusals.length > MOST && <a href={toHref("refusals", { key: keyId })}>All of them</a>}
    </section>
  );
}
