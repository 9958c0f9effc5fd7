import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { act } from "../../client/act.ts";
import type { ApiTokenJson, CreatedApiToken } from "../../client/list-shapes.ts";
import { download } from "../../client/download.ts";
import { usePages } from "../../client/pages.ts";
import { may } from "../../client/session.ts";
import { CommandLine } from "../../parts/as-command.tsx";
import { Paged } from "../../parts/paged.tsx";
import { Sign, type SignName } from "../../parts/sign.tsx";
import { Time } from "../../parts/time.tsx";
import { CreateApiToken } from "./create-api-token.tsx";

const SIGNS: Readonly<Record<ApiTokenJson["state"], readonly [sign: SignName, kind: string]>> = {
  open: ["full", "trusted"],
  expired: ["half", "expired"],
  cancelled: ["cross", "retired"],
};

/** What lets scripts in: each with a scope and an end. */
export function ApiTokens(): VNode {
  const pages = usePages<ApiTokenJson>("/v1/api-tokens", ["change"]);
  const made = useSignal<CreatedApiToken | null>(null);
  return (
    <section class="card" aria-label="API tokens">
      <h2>API tokens</h2>
      <p class="dim">
        A script sends one as <code>Authorization: Bearer</code>.
      </p>
      {made.value !== null && <Made token={made.value} onDone={() => (made.value = null)} />}
      <Paged pages={pages} empty={<p>There is none.</p>}>
        {(items) => (
          <ul class="records">
            {items.map((token) => (
              <Row key={token.id} {...token} />
            ))}
          </ul>
        )}
      </Paged>
      <div class="actions">
        <button
          type="button"
          class="button small"
          onClick={() => void download("/v1/openapi.json", "handclasp-openapi.json")}
        >
          What it can ask, as OpenAPI
        </button>
      </div>
      {made.value === null && may("admin") && <CreateApiToken onMade={(token) => (made.value = token)} />}
    </section>
  );
}

function Row({ id, name, scope, state, expires, lastUsed }: ApiTokenJson): VNode {
  const [sign, kind] = SIGNS[state];
  const cancel = (): Promise<unknown> =>
    act({ path: `/v1/api-tokens/${id}/cancel`, said: () => `Cancelled the API token ${name}` });
  return (
    <li class="record" tabIndex={-1} data-stop>
      <span class="record-name">
        <bdi>{name}</bdi>
      </span>
      <span class={`state state-${kind}`}>
        <Sign name={sign} />
        {state}
      </span>
      <span>{scope}</span>
      <span class="dim">
        {state === "expired" ? "ended" : "ends"} <Time at={expires} />
      </span>
      <span class="dim">
        used <Time at={lastUsed} />
      </span>
      {state === "open" && may("admin") && (
        <button
          type="button"
          class="button danger small"
          aria-label={`Cancel the API token ${name}`}
          onClick={() => void cancel()}
        >
          Cancel
        </button>
      )}
    </li>
  );
}

function Made({ token, onDone }: { readonly token: CreatedApiToken; readonly onDone: () => void }): VNode {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <div class="stack made" aria-label="The API token" role="group">
      <h3 ref={title} tabIndex={-1}>
        <bdi>{token.name}</bdi>, {token.scope}
      </h3>
      <p class="note note-warn">It is shown this once, and the server keeps no copy.</p>
      <CommandLine line={token.token} what="API token" />
      <div class="actions">
        <button type="button" class="button primary" onClick={onDone}>
          I have kept it
        </button>
      </div>
    </div>
  );
}
