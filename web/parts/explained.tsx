import type { ComponentChildren, VNode } from "preact";
import type { RefusalExplained } from "../client/list-shapes.ts";
import { useResource } from "../client/resource.ts";
import { toHref } from "../route.ts";
import { Loading, ProblemNote } from "./notes.tsx";
import { Remedies } from "./remedies.tsx";

/** Why a connection was refused, and what changes that. */
export function Explained({
  connection,
  name,
}: {
  readonly connection: string;
  readonly name: string | null;
}): VNode {
  const { value, problem, reload } = useResource<RefusalExplained>(
    `/v1/refusals/${encodeURIComponent(connection)}`,
    ["change"],
  );
  if (problem.value !== null) return <ProblemNote problem={problem.value} retry={reload} />;
  if (value.value === null) return <Loading />;
  const { explanation, refusal } = value.value;
  return (
    <div class="explained">
      {explanation.evidence.map((sentence) => (
        <p>{isolate(sentence, name)}</p>
      ))}
      {explanation.remedies.length > 0 && <h2>What changes that</h2>}
      <Remedies remedies={explanation.remedies} name={name} />
      {refusal.keyId !== null && (
        <p>
          <a href={toHref("peer", {}, refusal.keyId)}>All that is known of this key</a>
        </p>
      )}
    </div>
  );
}

/** A name in a sentence, with a direction of writing of its own. */
function isolate(sentence: string, name: string | null): ComponentChildren {
  if (name === null || name === "") return sentence;
  const [first, ...others] = sentence.split(`"${name}"`);
  return [first, ...others.flatMap((rest) => [<bdi class="claim">{name}</bdi>, rest])];
}
