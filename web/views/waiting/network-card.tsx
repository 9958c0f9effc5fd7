import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { actOnMany, select, type Selection } from "../../client/act-on-many.ts";
import { may } from "../../client/session.ts";
import type { WaitingNetwork } from "../../client/shapes.ts";
import { toSpan } from "../../client/time-words.ts";
import { ASKS_ABOVE, AskNumber } from "../../parts/ask-number.tsx";
import { KeyLink } from "../../parts/key-id.tsx";
import { Claim } from "../../parts/names.tsx";
import { Time } from "../../parts/time.tsx";
import { toHref } from "../../route.ts";

export interface NetworkCardProps {
  readonly network: WaitingNetwork;
  readonly gone: boolean;
  readonly onDone: () => void;
}

/** Strangers of one network: one card, however many they are. */
export function NetworkCard({ network: item, gone, onDone }: NetworkCardProps): VNode {
  const { network, count, firstSeen, lastSeen, sample } = item;
  const asked = useSignal<Selection | null>(null);
  const ignore = async (selection: Selection): Promise<void> => {
    await actOnMany(selection, "ignore");
    onDone();
  };
  const begin = async (): Promise<void> => {
    const selection = await select({ network }, "ignore");
    if (selection === null) return;
    if (selection.count > ASKS_ABOVE) asked.value = selection;
    else await ignore(selection);
  };
  const took = firstSeen === null || lastSeen === null ? 0 : Date.parse(lastSeen) - Date.parse(firstSeen);
  return (
    <article class={`card ${gone ? "gone" : ""}`} tabIndex={-1} data-stop>
      <header class="card-head">
        <h2>
          {count} keys from <span class="mono">{network}</span>{" "}
          <span class="dim">in {toSpan(took)}: looks like one program</span>
        </h2>
        <span class="dim">
          {gone ? (
            "waits no more"
          ) : (
            <>
              last <Time at={lastSeen} />
            </>
          )}
        </span>
      </header>
      <div class="actions">
        {!gone && may("approve") && (
          <button type="button" class="button" onClick={() => void begin()}>
            Ignore all {count}
          </button>
        )}
        <details class="fold">
          <summary>
            The newest {sample.length} of {count}
          </summary>
          <ul class="sample">
            {sample.map(({ keyId, claim, address }) => (
              <li>
                <Claim name={claim} /> <KeyLink keyId={keyId} /> <span class="mono dim">{address}</span>
              </li>
            ))}
          </ul>
          <a href={toHref("peers", { state: "pending" })}>All that wait</a>
        </details>
      </div>
      {asked.value !== null && (
        <AskNumber
          title={`Ignore ${asked.value.count} keys from ${network}?`}
          count={asked.value.count}
          action={`Ignore ${asked.value.count} keys`}
          onConfirm={() => {
            if (asked.value !== null) void ignore(asked.value);
          }}
          onClose={() => (asked.value = null)}
        >
          <p>
            They are refused from now on, and nobody is asked about them again. Each can be approved later,
            one by one.
          </p>
        </AskNumber>
      )}
    </article>
  );
}
