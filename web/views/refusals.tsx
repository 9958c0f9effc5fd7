import { useMemo } from "preact/hooks";
import type { VNode } from "preact";
import type { RefusalJson } from "../client/list-shapes.ts";
import { usePages } from "../client/pages.ts";
import { isGrave, REASONS, reasonWords } from "../client/reason-words.ts";
import { Explained } from "../parts/explained.tsx";
import { FilterChoice, FilterText } from "../parts/filters.tsx";
import { KeyLink } from "../parts/key-id.tsx";
import { Claim } from "../parts/names.tsx";
import { Empty } from "../parts/notes.tsx";
import { Paged } from "../parts/paged.tsx";
import { Sign } from "../parts/sign.tsx";
import { Time } from "../parts/time.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { toHref } from "../route.ts";
import { route, setQuery } from "../router.ts";

const HOUR_MS = 3_600_000;
const SPANS: Readonly<Record<string, number>> = { "1h": HOUR_MS, "24h": 24 * HOUR_MS };
const SINCE = [
  ["", "In seven days"],
  ["24h", "In 24 hours"],
  ["1h", "In the last hour"],
] as const;
const FILTERS = ["key", "reason", "listener", "network"] as const;

/** Who was refused, and why. */
export function RefusalsView(): VNode {
  const { query } = route.value;
  const { since = "" } = query;
  const path = useMemo(() => toPath(query), [JSON.stringify({ ...query, open: "" })]);
  const pages = usePages<RefusalJson>(path, ["waiting", "change"]);
  const isFiltered = since !== "" || FILTERS.some((each) => (query[each] ?? "") !== "");
  return (
    <>
      <ViewHead title="Refusals" name="Refusals" />
      <div class="filters" role="search" aria-label="Refusals">
        <FilterText name="key" label="Who" placeholder="Name or key id" />
        <FilterChoice name="reason" label="Why" choices={[["", "Any reason"], ...REASONS.map(toChoice)]} />
        <FilterText name="network" label="From" placeholder="Address or network" />
        <FilterText name="listener" label="Listener" placeholder="Any" isLater />
        <FilterChoice name="since" label="When" choices={SINCE} />
      </div>
      <Paged pages={pages} empty={<NoRefusals isFiltered={isFiltered} />}>
        {(items) => (
          <ul class="refusals" aria-label="Refusals, the newest first">
            {items.map((each) => (
              <Refusal key={each.connection} refusal={each} isOpen={query["open"] === each.connection} />
            ))}
          </ul>
        )}
      </Paged>
    </>
  );
}

function toChoice(reason: string): readonly [string, string] {
  return [reason, reason];
}

function toPath(query: Readonly<Record<string, string>>): string {
  const wanted = new URLSearchParams();
  for (const name of FILTERS) {
    const value = query[name] ?? "";
    if (value !== "") wanted.set(name, value);
  }
  const span = SPANS[query["since"] ?? ""];
  if (span !== undefined) wanted.set("since", new Date(Date.now() - span).toISOString());
  return wanted.size === 0 ? "/v1/refusals" : `/v1/refusals?${wanted.toString()}`;
}

interface RefusalProps {
  readonly refusal: RefusalJson;
  readonly isOpen: boolean;
}

function Refusal({ refusal, isOpen }: RefusalProps): VNode {
  const { peer, keyId, reason, address, listener, connection, lastAt, count, machine } = refusal;
  return (
    <li class="card refusal" tabIndex={-1} data-stop>
      <div class="refusal-head">
        <p class="refusal-what">
          <span class={isGrave(reason) ? "state state-revoked" : "state state-pending"}>
            <Sign name={isGrave(reason) ? "cross" : "warning"} />
            <code>{reason}</code>
          </span>
          {peer === null ? <span>Somebody</span> : <Claim name={peer} />} <span>{reasonWords(reason)}</span>
        </p>
        <p class="refusal-where dim">
          {keyId !== null && (
            <>
              key <KeyLink keyId={keyId} />
            </>
          )}
          {address !== null && (
            <span>
              from <span class="mono">{address}</span>
            </span>
          )}
          {listener !== null && <span>at {listener}</span>}
          {machine !== null && <span>on {machine}</span>}
          {count > 1 && <span>{count} times</span>}
          <Time at={lastAt} />
        </p>
        <button
          type="button"
          class="button"
          aria-expanded={isOpen}
          aria-label={`${isOpen ? "Close why" : "Why?"} ${peer ?? "this client"} was refused`}
          onClick={() => setQuery({ open: isOpen ? "" : connection })}
        >
          {isOpen ? "Close" : "Why?"}
        </button>
      </div>
      {isOpen && <Explained connection={connection} name={peer} />}
    </li>
  );
}

function NoRefusals({ isFiltered }: { readonly isFiltered: boolean }): VNode {
  if (isFiltered) {
    return (
      <Empty title="No refusal is like that.">
        <p>
          <a href={toHref("refusals")}>All refusals</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="Nobody was refused in the last seven days.">
      <p>Whoever is refused stands here for seven days, with the reason and what changes it.</p>
    </Empty>
  );
}
