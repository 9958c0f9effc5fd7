import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useResource } from "../client/resource.ts";
import type { Waiting } from "../client/shapes.ts";
import { waitingCount } from "../client/waiting-count.ts";
import { Empty, Loading, ProblemNote } from "../parts/notes.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { toHref } from "../route.ts";
import { type Card, mergeWaiting, toCards } from "./waiting/merge-waiting.ts";
import { NetworkCard } from "./waiting/network-card.tsx";
import { WaitingCard } from "./waiting/waiting-card.tsx";
import { WindowPanel } from "./window-panel.tsx";

const COUNT = new Intl.NumberFormat();
const LIMIT = 200;

/** Who waits for an operator, and what to do about each. */
export function WaitingView(): VNode {
  const { value: known, problem, reload } = useResource<Waiting>(`/v1/waiting?limit=${LIMIT}`, ["waiting"]);
  const cards = useSignal<readonly Card[] | null>(null);
  const fresh = useSignal(0);
  useSignalEffect(() => {
    const items = known.value?.items;
    if (items === undefined) return;
    waitingCount.value = known.value?.counts.waiting ?? null;
    const shown = cards.peek();
    if (shown === null || shown.length === 0) {
      cards.value = toCards(items);
      fresh.value = 0;
      return;
    }
    const merged = mergeWaiting(shown, items);
    cards.value = merged.cards;
    fresh.value = merged.fresh;
  });
  const showAll = (): void => {
    cards.value = toCards(known.value?.items ?? []);
    fresh.value = 0;
  };
  const drop = (id: string): void => {
    cards.value = cards.value?.filter((card) => card.id !== id) ?? null;
  };
  const now = known.value;
  return (
    <>
      <ViewHead title="Waiting" name={now === null ? "Waiting" : `Waiting (${now.counts.waiting})`}>
        {now !== null && <Counts {...now.counts} />}
      </ViewHead>
      <WindowPanel />
      {problem.value !== null && <ProblemNote problem={problem.value} retry={reload} />}
      {fresh.value > 0 && (
        <button type="button" class="button wide fresh" onClick={showAll}>
          {fresh} new <span aria-hidden="true">▸</span>
        </button>
      )}
      {cards.value === null && problem.value === null && <Loading />}
      {cards.value?.length === 0 && <NobodyWaits />}
      <ul class="cards">
        {cards.value?.map(({ id, item, gone }) => (
          <li key={id}>
            {item.kind === "key" ? (
              <WaitingCard waiting={item.key} gone={gone} onDone={() => drop(id)} />
            ) : (
              <NetworkCard network={item} gone={gone} onDone={() => drop(id)} />
            )}
          </li>
        ))}
      </ul>
      {now !== null && now.next !== null && (
        <p class="dim after-list">
          More wait than are shown here: <a href={toHref("peers", { state: "pending" })}>all of them</a>
        </p>
      )}
    </>
  );
}

function Counts({ waiting, conflicts, refusedToday, rateLimitedToday, networks }: Waiting["counts"]): VNode {
  const limited =
    rateLimitedToday === 0
      ? ""
      : ` (${COUNT.format(rateLimitedToday)} rate-limited, ${networks === 1 ? "1 network" : `${networks} networks`})`;
  return (
    <p class="counts dim" aria-live="polite">
      <span>{COUNT.format(waiting)} waiting</span>
      {conflicts > 0 && (
        <span class="state-conflict">
          {COUNT.format(conflicts)} {conflicts === 1 ? "conflict" : "conflicts"}
        </span>
      )}
      <a href={toHref("refusals")}>
        {COUNT.format(refusedToday)} refused today{limited}
      </a>
    </p>
  );
}

function NobodyWaits(): VNode {
  return (
    <Empty title="Nobody waits.">
      <p>
        Whoever connects with a key that is not known yet shows up here, by itself. To have somebody in at
        once, <a href={toHref("invite")}>invite them with a token</a>; to see who is in, look at{" "}
        <a href={toHref("peers", { state: "trusted" })}>trusted peers</a>.
      </p>
    </Empty>
  );
}
