import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { sentenceOf } from "../../client/act.ts";
import { ProblemError, request } from "../../client/request.ts";
import type { Invited } from "../../client/list-shapes.ts";
import type { Problem } from "../../client/shapes.ts";
import { AsCommand } from "../../parts/as-command.tsx";
import { Choice, Field } from "../../parts/fields.tsx";
import { ProblemNote } from "../../parts/notes.tsx";
import { route } from "../../router.ts";
import { toMs } from "../../client/time-words.ts";
import { tell } from "../../stream/topics.ts";

const TIMES = [
  ["10m", "10 minutes"],
  ["1h", "1 hour"],
  ["1d", "1 day"],
  ["7d", "7 days"],
  ["30d", "30 days"],
] as const;

/** Makes a token for one client. */
export function CreateToken({ onMade }: { readonly onMade: (invited: Invited) => void }): VNode {
  const peer = useSignal(route.peek().query["peer"] ?? "");
  const life = useSignal("1h");
  const from = useSignal("");
  const server = useSignal("");
  const groups = useSignal("");
  const replace = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const named = groups.value.split(",").flatMap((group) => group.trim() || []);
  const wanted = {
    peer: peer.value.trim(),
    forMs: toMs(life.value),
    ...(from.value.trim() !== "" && { from: from.value.trim() }),
    ...(server.value.trim() !== "" && { server: server.value.trim().split(/[\s,]+/) }),
    ...(named.length > 0 && { groups: named }),
    ...(replace.value && { replace: true }),
  };
  const create = async (): Promise<void> => {
    try {
      const { value } = await request<Invited>("/v1/tokens", {
        method: "POST",
        body: wanted,
      });
      tell("change");
      onMade(value);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problem.value = error.problem;
    }
  };
  const at = (pointer: string): string | null => {
    const now = problem.value;
    return now?.pointer === pointer ? sentenceOf(now) : null;
  };
  const elsewhere = problem.value !== null && at("/peer") === null && at("/from") === null;
  return (
    <form
      class="card form"
      aria-label="Invite a client"
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <p>
        A token lets one client in, once, under the name that you give it here. Nobody has to compare keys
        then.
      </p>
      {elsewhere && problem.value !== null && <ProblemNote problem={problem.value} />}
      <div class="form-fields">
        <Field label="Name" value={peer} required placeholder="printer-5" problem={at("/peer")} />
        <Choice label="Good for" value={life} choices={TIMES} />
        <Field
          label="Groups"
          value={groups}
          placeholder="lab, night shift"
          hint="with commas; it is in them as soon as it joined"
        />
        <Field
          label="Only from"
          value={from}
          placeholder="10.0.4.0/24"
          hint="a network; empty for anywhere"
          mono
          problem={at("/from")}
        />
        <Field
          label="Clients connect to"
          value={server}
          placeholder="gw.example:8443"
          hint="HOST:PORT; empty for where the server listens"
          mono
        />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={replace}
          onChange={(event) => (replace.value = event.currentTarget.checked)}
        />
        <span>If the name has a key already, retire that key when the token is used</span>
      </label>
      <div class="actions">
        <button type="submit" class="button primary" disabled={wanted.peer === ""}>
          Make a token
        </button>
      </div>
      {wanted.peer !== "" && <AsCommand acts={[{ act: "create-token", ...wanted }]} />}
    </form>
  );
}
