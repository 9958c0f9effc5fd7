import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { CreatedApiToken } from "../../client/list-shapes.ts";
import { ProblemError, request } from "../../client/request.ts";
import type { Problem } from "../../client/shapes.ts";
import { Choice, Field } from "../../parts/fields.tsx";
import { ProblemNote } from "../../parts/notes.tsx";
import { tell } from "../../stream/topics.ts";

const SCOPES = [
  ["read", "read: look at everything"],
  ["approve", "approve: let new keys in, and ignore them"],
  ["manage", "manage: revoke, forget, rename, groups, tokens"],
  ["admin", "admin: operators, too"],
] as const;
const TIMES = [
  ["1d", "1 day"],
  ["30d", "30 days"],
  ["90d", "90 days"],
  ["365d", "1 year"],
] as const;

/** Makes an API token, which is shown once. */
export function CreateApiToken({ onMade }: { readonly onMade: (token: CreatedApiToken) => void }): VNode {
  const name = useSignal("");
  const scope = useSignal("read");
  const life = useSignal("90d");
  const problem = useSignal<Problem | null>(null);
  const create = async (): Promise<void> => {
    const body = { name: name.value.trim(), scope: scope.value, expires: life.value };
    try {
      const { value } = await request<CreatedApiToken>("/v1/api-tokens", { method: "POST", body });
      name.value = "";
      problem.value = null;
      tell("change");
      onMade(value);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problem.value = error.problem;
    }
  };
  return (
    <form
      class="form inner"
      aria-label="Make an API token"
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      {problem.value !== null && <ProblemNote problem={problem.value} />}
      <div class="form-fields">
        <Field label="Name of the token" value={name} required placeholder="grafana" />
        <Choice label="It may" value={scope} choices={SCOPES} />
        <Choice label="For" value={life} choices={TIMES} />
      </div>
      <div class="actions">
        <button type="submit" class="button" disabled={name.value.trim() === ""}>
          Make an API token
        </button>
      </div>
    </form>
  );
}
