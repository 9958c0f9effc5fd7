import type { VNode } from "preact";
import type { OperatorRow } from "../../client/list-shapes.ts";
import { useResource } from "../../client/resource.ts";
import { CommandLine } from "../../parts/as-command.tsx";
import { PeerName } from "../../parts/names.tsx";
import { Loading, ProblemNote } from "../../parts/notes.tsx";
import { Time } from "../../parts/time.tsx";
import { toHref } from "../../route.ts";

/** Who signs in by certificate, and what each may do. */
export function Operators(): VNode {
  const { value, problem, reload } = useResource<{ readonly items: readonly OperatorRow[] }>(
    "/v1/operators",
    ["change"],
  );
  const items = value.value?.items ?? null;
  return (
    <section class="card" aria-label="Operators">
      <h2>Operators</h2>
      <p class="dim">
        Peers in a group of operators sign in with their own client certificate, where the gateway has{" "}
        <code>[admin]</code>.
      </p>
      {items === null &&
        (problem.value === null ? <Loading /> : <ProblemNote problem={problem.value} retry={reload} />)}
      {items !== null && items.length === 0 && (
        <div class="stack">
          <p>There is none yet. The first one is made at a command line:</p>
          <CommandLine line="handclasp trust approve KEY" what="command" />
          <CommandLine line="handclasp group add operators KEY" what="command" />
        </div>
      )}
      {items !== null && items.length > 0 && (
        <ul class="records">
          {items.map(({ peer, group, scope, addedAt }) => (
            <li class="record" key={`${group} ${peer}`} tabIndex={-1} data-stop>
              <span class="record-name">
                <a class="plain" href={toHref("peers", { q: peer })}>
                  <PeerName name={peer} />
                </a>
              </span>
              <span>{scope}</span>
              <code>{group}</code>
              <span class="dim">
                since <Time at={addedAt} as="day" />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
