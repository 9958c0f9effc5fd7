import type { VNode } from "preact";
import { download } from "../client/download.ts";
import { usePages } from "../client/pages.ts";
import type { EventJson } from "../client/shapes.ts";
import { FilterChoice, FilterText } from "../parts/filters.tsx";
import { Empty } from "../parts/notes.tsx";
import { Paged } from "../parts/paged.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { toHref } from "../route.ts";
import { route } from "../router.ts";
import { ChainVerdict } from "./history/chain-verdict.tsx";
import { CompareTimes } from "./history/compare-times.tsx";
import { HistoryEvent } from "./history/history-event.tsx";

const TYPES = [
  ["", "Whatever happened"],
  ["met", "First use"],
  ["approved", "Approved"],
  ["revoked", "Revoked"],
  ["ignored", "Ignored"],
  ["set-aside", "Set aside"],
  ["undone", "Taken back"],
  ["restored", "Restored"],
  ["renamed", "Renamed"],
  ["joined", "Came with a token"],
  ["token-created", "Invited"],
  ["group-added", "Came into a group"],
  ["group-removed", "Left a group"],
  ["first-use-opened", "Windows"],
  ["stale-key-seen", "Old keys seen"],
] as const;
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

/** Every change of trust, by day, and whether the chain of them holds. */
export function HistoryView(): VNode {
  const { key = "", type = "", view = "" } = route.value.query;
  return (
    <>
      <ViewHead
        title="History"
        name="History"
        actions={
          <>
            <a
              class="button"
              href={view === "compare" ? toHref("history") : toHref("history", { view: "compare" })}
            >
              {view === "compare" ? "All events" : "Compare two times"}
            </a>
            <button
              type="button"
              class="button"
              onClick={() => void download("/v1/audit/events.jsonl", "handclasp-events.jsonl")}
            >
              Export as JSON lines
            </button>
          </>
        }
      />
      <ChainVerdict />
      {view === "compare" ? <CompareTimes /> : <Events of={key} type={type} />}
    </>
  );
}

function Events({ of, type }: { readonly of: string; readonly type: string }): VNode {
  const query = new URLSearchParams({ newestFirst: "true" });
  if (of !== "") query.set("key", of);
  if (type !== "") query.set("type", type);
  const pages = usePages<EventJson>(`/v1/events?${query.toString()}`, ["change"]);
  return (
    <>
      <div class="filters" role="search" aria-label="Events">
        <FilterText name="key" label="About" placeholder="Name or key id" />
        <FilterChoice name="type" label="What" choices={TYPES} />
      </div>
      <Paged
        pages={pages}
        empty={
          <Empty
            title={of === "" && type === "" ? "Nothing has happened yet." : "Nothing like that happened."}
          >
            <p>
              {of === "" && type === "" ? (
                <>Every change of trust will stand here, and stays.</>
              ) : (
                <a href={toHref("history")}>All events</a>
              )}
            </p>
          </Empty>
        }
      >
        {(items) =>
          byDay(items).map(([day, events]) => (
            <section class="day" key={day} aria-label={day}>
              <h2>{day}</h2>
              <ol class="events">
                {events.map((event) => (
                  <HistoryEvent key={event.sequence} event={event} />
                ))}
              </ol>
            </section>
          ))
        }
      </Paged>
    </>
  );
}

/** Events of one day in a row are one section; days as this machine has them. */
function byDay(events: readonly EventJson[]): readonly (readonly [string, readonly EventJson[]])[] {
  const days: [string, EventJson[]][] = [];
  for (const event of events) {
    const day = event.at === null ? "A day that cannot be read" : DAY.format(new Date(event.at));
    const last = days.at(-1);
    if (last?.[0] === day) last[1].push(event);
    else days.push([day, [event]]);
  }
  return days;
}
