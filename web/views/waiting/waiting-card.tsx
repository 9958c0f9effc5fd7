import type { VNode } from "preact";
import { act } from "../../client/act.ts";
import { may } from "../../client/session.ts";
import type { KeyJson, WaitingKey } from "../../client/shapes.ts";
import { AsCommand } from "../../parts/as-command.tsx";
import { KeyId, KeyLink } from "../../parts/key-id.tsx";
import { KeyState } from "../../parts/key-state.tsx";
import { Claim, PeerName } from "../../parts/names.tsx";
import { Time } from "../../parts/time.tsx";
import { toHref } from "../../route.ts";

export interface WaitingCardProps {
  readonly waiting: WaitingKey;
  /** It does not wait any more. */
  readonly gone: boolean;
  readonly onDone: () => void;
}

/** One key that waits; beside whoever has its name, where somebody has. */
export function WaitingCard({ waiting, gone, onDone }: WaitingCardProps): VNode {
  const { keyId, version, claim, holder } = waiting;
  const ignore = async (): Promise<void> => {
    const done = await act({
      path: `/v1/keys/${keyId}/ignore`,
      ifMatch: `"${version}"`,
      said: () => `Ignored ${claim ?? "a key"}`,
    });
    if (done !== null) onDone();
  };
  const isConflict = waiting.conflictsWith !== null;
  return (
    <article
      class={`card waiting-card ${isConflict ? "conflict" : ""} ${gone ? "gone" : ""}`}
      tabIndex={-1}
      data-stop
    >
      <header class="card-head">
        <h2>
          <a href={toHref("peer", {}, keyId)} data-open>
            <Claim name={claim} />
          </a>
        </h2>
        {gone ? <span class="dim">waits no more</span> : <KeyState {...waiting} />}
      </header>
      {holder === null ? (
        <Facts {...waiting} />
      ) : (
        <div class="side-by-side">
          <div>
            <h3>New key</h3>
            <Facts {...waiting} />
          </div>
          <div>
            <h3>Has the name</h3>
            <Holder {...holder} />
          </div>
        </div>
      )}
      {!gone && (
        <div class="actions">
          {may("approve") && (
            <>
              <a class="button primary" href={toHref("compare", {}, keyId)} data-compare>
                Compare…
              </a>
              {holder !== null && (
                <>
                  <a class="button" href={toHref("compare", { as: "replace" }, keyId)}>
                    <span>
                      New key of <bdi>{holder.peer}</bdi>: replace…
                    </span>
                  </a>
                  <a class="button" href={toHref("compare", { as: "add" }, keyId)}>
                    Second device: add…
                  </a>
                </>
              )}
              <button type="button" class="button" onClick={() => void ignore()}>
                Ignore
              </button>
            </>
          )}
          <AsCommand
            acts={[
              { act: "approve", key: keyId },
              { act: "ignore", key: keyId },
            ]}
          />
        </div>
      )}
    </article>
  );
}

function Facts({ keyId, address, listener, tries, firstSeen, lastTry, expires }: WaitingKey): VNode {
  return (
    <dl class="waiting-facts">
      <div>
        <dt>Key</dt>
        <dd>
          <KeyId keyId={keyId} />
        </dd>
      </div>
      <div>
        <dt>From</dt>
        <dd>
          <span class="mono">{address ?? "no address"}</span>
          {listener !== null && <span class="dim"> at {listener}</span>}
        </dd>
      </div>
      <div>
        <dt>Since</dt>
        <dd>
          <Time at={firstSeen} />
        </dd>
      </div>
      <div>
        <dt>Tries</dt>
        <dd>
          {tries}
          {tries > 0 && (
            <span class="dim">
              , last <Time at={lastTry} />
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>Ends</dt>
        <dd>
          <Time at={expires} />
        </dd>
      </div>
    </dl>
  );
}

function Holder(holder: KeyJson): VNode {
  return (
    <dl class="waiting-facts">
      <div>
        <dt>Key</dt>
        <dd>
          <KeyLink keyId={holder.keyId} />
        </dd>
      </div>
      <div>
        <dt>Name</dt>
        <dd>
          <PeerName name={holder.peer ?? ""} />
        </dd>
      </div>
      <div>
        <dt>State</dt>
        <dd>
          <KeyState {...holder} />
        </dd>
      </div>
      <div>
        <dt>Seen</dt>
        <dd>
          <Time at={holder.lastSeen} />
        </dd>
      </div>
    </dl>
  );
}
