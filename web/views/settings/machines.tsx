import type { VNode } from "preact";
import { useResource } from "../../client/resource.ts";
import type { Machines as MachinesOf } from "../../client/shapes.ts";
import { ProblemNote } from "../../parts/notes.tsx";
import { Sign } from "../../parts/sign.tsx";
import { Time } from "../../parts/time.tsx";

/** Enough to see whether two are the same. */
const SHORT = 12;
const COUNT = new Intl.NumberFormat();

/** The machines that share the store: how far each is, and whether they came to the same. Nothing where there is one alone. */
export function Machines(): VNode | null {
  const { value, problem, reload } = useResource<MachinesOf>("/v1/nodes", ["health", "change"]);
  const listed = value.value;
  if (listed === null || listed.self === null) return null;
  return (
    <section class="card" aria-label="Machines">
      <h2>Machines</h2>
      {problem.value !== null && <ProblemNote problem={problem.value} retry={reload} />}
      {listed.differences.map(({ problem: what }) => (
        <p key={what} class="note note-bad said">
          <Sign name="warning" /> {what}
        </p>
      ))}
      {listed.machines === null && <p>The list is in the database, which cannot be reached.</p>}
      <ul class="records">
        {listed.machines?.map((machine) => (
          <Row key={machine.id} machine={machine} isSelf={machine.id === listed.self} />
        ))}
      </ul>
    </section>
  );
}

interface RowProps {
  readonly machine: NonNullable<MachinesOf["machines"]>[number];
  readonly isSelf: boolean;
}

function Row({ machine, isSelf }: RowProps): VNode {
  const { name, version, rules, position, head, digest, equal, listeners, seen, starting } = machine;
  const keys = new Set(listeners.map(({ keyId }) => keyId.slice(0, SHORT + 3)));
  return (
    <li class="record" tabIndex={-1} data-stop>
      <span class="record-name">
        <bdi>{name}</bdi>
      </span>
      {isSelf ? <span>(this one)</span> : <Equal equal={equal} />}
      <span class="dim">
        version {version}, rules {rules}, {COUNT.format(position)} changes carried out, seen{" "}
        <Time at={seen} />
      </span>
      {starting !== null && (
        <span>
          begins with a snapshot: {starting.part} of {starting.parts} parts are there
        </span>
      )}
      <span class="dim">
        head{" "}
        <span class="mono">
          {head.sequence} {head.hash.slice(0, SHORT)}
        </span>
        , digest <span class="mono">{digest.slice(0, SHORT)}</span>
      </span>
      {listeners.length > 0 && (
        <span class="dim">
          listens on <span class="mono">{listeners.map(({ address }) => address).join(", ")}</span> and shows{" "}
          <span class="mono">{[...keys].join(", ")}</span>
        </span>
      )}
    </li>
  );
}

function Equal({ equal }: { readonly equal: boolean | null }): VNode {
  if (equal === null) return <span class="dim">is not as far, or further</span>;
  return equal ? (
    <span>
      <Sign name="check" /> came to the same
    </span>
  ) : (
    <span>
      <Sign name="cross" /> came to something else
    </span>
  );
}
