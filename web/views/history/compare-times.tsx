import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { StandingJson, TimesCompared } from "../../client/list-shapes.ts";
import { useResource } from "../../client/resource.ts";
import { TimeField } from "../../parts/fields.tsx";
import { KeyLink } from "../../parts/key-id.tsx";
import { PeerName } from "../../parts/names.tsx";
import { Empty, Loading, ProblemNote } from "../../parts/notes.tsx";
import { route, setQuery } from "../../router.ts";

const COUNT = new Intl.NumberFormat();

/** What became another between two moments. */
export function CompareTimes(): VNode {
  const { from: first = "", to: second = "" } = route.value.query;
  const from = useSignal(first);
  const to = useSignal(second);
  return (
    <>
      <form
        class="card form"
        aria-label="Two times"
        onSubmit={(event) => {
          event.preventDefault();
          setQuery({ from: from.value, to: to.value });
        }}
      >
        <div class="form-fields">
          <TimeField label="Then" value={from} required />
          <TimeField label="And" value={to} hint="empty for now" />
        </div>
        <div class="actions">
          <button type="submit" class="button primary" disabled={from.value === ""}>
            Compare
          </button>
        </div>
      </form>
      {first !== "" && <Differences from={first} to={second} />}
    </>
  );
}

function Differences({ from, to }: { readonly from: string; readonly to: string }): VNode {
  const query = new URLSearchParams({ from: toIso(from), ...(to !== "" && { to: toIso(to) }) });
  const { value, problem, reload } = useResource<TimesCompared>(`/v1/audit/compare?${query.toString()}`);
  if (problem.value !== null) return <ProblemNote problem={problem.value} retry={reload} />;
  const found = value.value;
  if (found === null) return <Loading />;
  const { counts, keys, groups, tokens, unread } = found;
  const isSame = counts.keys + counts.groups + counts.tokens === 0;
  return (
    <section class="day" aria-label="What is another">
      <h2>
        From event {COUNT.format(found.from)} to event {COUNT.format(found.to)}
      </h2>
      {unread > 0 && <p class="note note-warn">{unread} events cannot be read, and are not in this.</p>}
      {isSame && (
        <Empty title="Nothing is another.">
          <p>Whoever was trusted at the first time was so at the second, and nobody else.</p>
        </Empty>
      )}
      {keys.length > 0 && (
        <ul class="records" aria-label="Keys">
          {keys.map(({ pin, keyId, before, after }) => (
            <li class="record" key={pin} tabIndex={-1} data-stop>
              <span class="record-name">
                <PeerName name={after?.peer ?? before?.peer ?? "no name"} /> <KeyLink keyId={keyId} />
              </span>
              <Change before={toWords(before)} after={toWords(after)} />
            </li>
          ))}
        </ul>
      )}
      {groups.length > 0 && (
        <ul class="records" aria-label="Groups">
          {groups.map(({ group, peer, change }) => (
            <li class="record" key={`${group} ${peer}`} tabIndex={-1} data-stop>
              <span class="record-name">
                <PeerName name={peer} />
              </span>
              <span>
                {change === "added" ? "came into" : "left"} <bdi>{group}</bdi>
              </span>
            </li>
          ))}
        </ul>
      )}
      {tokens.length > 0 && (
        <ul class="records" aria-label="Tokens">
          {tokens.map(({ id, peer, before, after }) => (
            <li class="record" key={id} tabIndex={-1} data-stop>
              <span class="record-name">
                token for <PeerName name={peer} />
              </span>
              <Change before={before ?? "none"} after={after ?? "none"} />
            </li>
          ))}
        </ul>
      )}
      <More shown={keys.length + groups.length + tokens.length} counts={counts} />
    </section>
  );
}

function Change({ before, after }: { readonly before: string; readonly after: string }): VNode {
  return (
    <span>
      <span class="dim">{before}</span> <span aria-label="became">→</span> {after}
    </span>
  );
}

function More({ shown, counts }: { readonly shown: number } & Pick<TimesCompared, "counts">): VNode | null {
  const all = counts.keys + counts.groups + counts.tokens;
  if (all <= shown) return null;
  return <p class="dim">{COUNT.format(all - shown)} more are not shown.</p>;
}

function toWords(standing: StandingJson | null): string {
  if (standing === null) return "unknown";
  return standing.peer === null ? standing.state : `${standing.state} as ${standing.peer}`;
}

/** What a field for times holds has no zone: it is this machine's. */
function toIso(local: string): string {
  const moment = new Date(local);
  return Number.isNaN(moment.getTime()) ? local : moment.toISOString();
}
