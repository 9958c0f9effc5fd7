import type { VNode } from "preact";
import { act } from "../../client/act.ts";
import type { TokenJson } from "../../client/list-shapes.ts";
import { usePages } from "../../client/pages.ts";
import { may } from "../../client/session.ts";
import { KeyLink } from "../../parts/key-id.tsx";
import { PeerName } from "../../parts/names.tsx";
import { Empty } from "../../parts/notes.tsx";
import { Paged } from "../../parts/paged.tsx";
import { Sign, type SignName } from "../../parts/sign.tsx";
import { Time } from "../../parts/time.tsx";

type TokenState = TokenJson["state"];

/** In this order, each with its sign. */
const STATES: readonly (readonly [state: TokenState, title: string, sign: SignName, kind: string])[] = [
  ["open", "Open", "open", "pending"],
  ["used", "Used", "full", "trusted"],
  ["expired", "Expired", "half", "retired"],
  ["cancelled", "Cancelled", "cross", "retired"],
];

/** Tokens by what became of them. */
export function Tokens(): VNode {
  const pages = usePages<TokenJson>("/v1/tokens", ["change"]);
  return (
    <section aria-label="Tokens" class="tokens">
      <Paged
        pages={pages}
        empty={
          <Empty title="No tokens yet.">
            <p>Those that you make stand here until they are used, and for 30 days after.</p>
          </Empty>
        }
      >
        {(items) =>
          STATES.map(([state, title, sign, kind]) => {
            const those = items.filter((token) => token.state === state);
            if (those.length === 0) return null;
            return (
              <section key={state} aria-label={title}>
                <h2>
                  <span class={`state state-${kind}`}>
                    <Sign name={sign} />
                  </span>{" "}
                  {title}
                </h2>
                <ul class="records">
                  {those.map((token) => (
                    <Token key={token.id} {...token} />
                  ))}
                </ul>
              </section>
            );
          })
        }
      </Paged>
    </section>
  );
}

function Token({
  id,
  peer,
  state,
  expires,
  from,
  replace,
  groups,
  usedAt,
  usedByKeyId,
  cancelledAt,
}: TokenJson): VNode {
  const cancel = (): Promise<unknown> =>
    act({ path: `/v1/tokens/${id}/cancel`, said: () => `Cancelled the token for ${peer}` });
  return (
    <li class="record" tabIndex={-1} data-stop>
      <span class="record-name">
        <PeerName name={peer} />
      </span>
      <code class="dim">{id.slice(0, 8)}</code>
      <span class="dim">
        {state === "open" && (
          <>
            ends <Time at={expires} />
          </>
        )}
        {state === "used" && (
          <>
            used <Time at={usedAt} /> by {usedByKeyId !== null && <KeyLink keyId={usedByKeyId} />}
          </>
        )}
        {state === "expired" && (
          <>
            ended <Time at={expires} />
          </>
        )}
        {state === "cancelled" && (
          <>
            cancelled <Time at={cancelledAt} />
          </>
        )}
        {groups.length > 0 && (
          <>
            , into <bdi>{groups.join(", ")}</bdi>
          </>
        )}
        {from !== null && `, only from ${from}`}
        {replace && ", replaces the key of that name"}
      </span>
      {state === "open" && may("manage") && (
        <button
          type="button"
          class="button danger small"
          aria-label={`Cancel the token for ${peer}`}
          onClick={() => void cancel()}
        >
          Cancel
        </button>
      )}
    </li>
  );
}
