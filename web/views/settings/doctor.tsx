import type { VNode } from "preact";
import { useResource } from "../../client/resource.ts";
import type { Health } from "../../client/shapes.ts";
import { Sign } from "../../parts/sign.tsx";
import { Loading, ProblemNote } from "../../parts/notes.tsx";
import { Time } from "../../parts/time.tsx";
import { Remedies } from "../../parts/remedies.tsx";

const COUNT = new Intl.NumberFormat();
const STATES = ["trusted", "pending", "revoked", "ignored", "retired"] as const;

/** How the server and its store are, and what to do about it. */
export function Doctor(): VNode {
  const { value, problem, reload } = useResource<Health>("/v1/health", ["health", "change"]);
  const health = value.value;
  return (
    <section class="card" aria-label="Doctor">
      <h2>Doctor</h2>
      {health === null &&
        (problem.value === null ? <Loading /> : <ProblemNote problem={problem.value} retry={reload} />)}
      {health !== null && (
        <>
          {health.problems.length === 0 ? (
            <p class="note note-good">
              <span class="said">
                <Sign name="check" /> Nothing is wrong.
              </span>
            </p>
          ) : (
            <ul class="stack">
              {health.problems.map(({ problem: what, remedies }) => (
                <li class="note note-bad">
                  <p class="said">
                    <Sign name="cross" /> {what}
                  </p>
                  <Remedies remedies={remedies} name={null} />
                </li>
              ))}
            </ul>
          )}
          <dl class="doctor-facts">
            <Fact name="Version">{health.version}</Fact>
            {health.store !== null && health.store !== undefined && (
              <>
                <Fact name="Store">
                  <code>{health.store.url}</code>
                </Fact>
                <Fact name="Size">{toSize(health.store.bytes)}</Fact>
              </>
            )}
            {health.replication !== null && <Replica replication={health.replication} />}
            {health.head !== null && <Fact name="Events">{COUNT.format(health.head.sequence)}</Fact>}
            {health.keys !== null &&
              STATES.map((state) => (
                <Fact key={state} name={`Keys ${state}`}>
                  {COUNT.format(health.keys?.[state] ?? 0)}
                </Fact>
              ))}
          </dl>
        </>
      )}
    </section>
  );
}

function Replica({ replication }: { readonly replication: NonNullable<Health["replication"]> }): VNode {
  const { node, position, behind, upToDateAt, database } = replication;
  return (
    <>
      <Fact name="Machine">{node}</Fact>
      <Fact name="Database">{database}</Fact>
      <Fact name="Changes carried out">
        {COUNT.format(position)}
        {behind !== null && behind > 0 && ` of ${COUNT.format(position + behind)}`}
      </Fact>
      <Fact name="Up to date">
        <Time at={upToDateAt} />
      </Fact>
    </>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: preact.ComponentChildren;
}): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function toSize(bytes: number | null): string {
  if (bytes === null) return "in memory";
  if (bytes < 1e6) return `${COUNT.format(Math.ceil(bytes / 1000))} kB`;
  return `${COUNT.format(Math.round(bytes / 1e5) / 10)} MB`;
}
