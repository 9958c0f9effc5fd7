import type { VNode } from "preact";
import { actOnKey } from "../client/act-on-key.ts";
import { may } from "../client/session.ts";
import type { FirstUseWindow, KeyJson } from "../client/shapes.ts";
import { toCountdown } from "../client/time-words.ts";
import { closeWindow, useWindow, type WindowNow } from "../client/window.ts";
import { KeyLink } from "../parts/key-id.tsx";
import { KeyState } from "../parts/key-state.tsx";
import { PeerName } from "../parts/names.tsx";
import { Empty, Loading, ProblemNote } from "../parts/notes.tsx";
import { Time } from "../parts/time.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { OpenWindow } from "./window/open-window.tsx";

const ENDED: Readonly<Record<NonNullable<FirstUseWindow["ended"]>, string>> = {
  time: "Its time was over.",
  closed: "An operator closed it.",
  "used-up": "It closed when as many had come as may.",
};

/** First use, open for a while: for how long, for whom, and who came. */
export function WindowView(): VNode {
  const window = useWindow();
  const now = window.value.value;
  const problem = window.problem.value;
  return (
    <>
      <ViewHead title="Window" name="Window" />
      {now === null &&
        (problem === null ? <Loading /> : <ProblemNote problem={problem} retry={window.reload} />)}
      {now !== null && (now.open ? <IsOpen now={now} leftMs={window.leftMs} /> : <IsClosed />)}
      {now !== null && now.event !== null && <WhoCame now={now} />}
    </>
  );
}

function IsOpen({ now, leftMs }: { readonly now: FirstUseWindow } & Pick<WindowNow, "leftMs">): VNode {
  const { max, taken, from } = now;
  return (
    <section class="card window-open" aria-label="The window">
      <p class="countdown large" role="timer">
        {toCountdown(leftMs.value)}
      </p>
      <div class="stack">
        <p>
          Whoever comes is trusted at first use{from !== null && <> from {from}</>}, whatever the servers'
          policy.
        </p>
        <p class="dim">
          {max === null ? `${taken} came so far.` : `${taken} of at most ${max} came so far.`}
        </p>
      </div>
      {may("manage") && (
        <button type="button" class="button danger" onClick={() => void closeWindow()}>
          Close it now
        </button>
      )}
    </section>
  );
}

function IsClosed(): VNode {
  return may("manage") ? (
    <OpenWindow />
  ) : (
    <Empty title="No window is open.">
      <p>While one is, new clients are trusted at first use. Opening one wants the scope manage.</p>
    </Empty>
  );
}

function WhoCame({ now }: { readonly now: FirstUseWindow }): VNode {
  const { came, open, openedAt, ended, from, max } = now;
  const limits = [from !== null && `from ${from}`, max !== null && `at most ${max}`]
    .filter(Boolean)
    .join(", ");
  return (
    <section class="came" aria-label="Who came">
      <h2>{open ? "Who came so far" : "Who came in the last window"}</h2>
      <p class="dim">
        Opened <Time at={openedAt} />
        {limits !== "" && `, ${limits}`}.{ended !== null && ` ${ENDED[ended]}`} Nobody compared these keys:
        keep those you expected, revoke the others.
      </p>
      {came.length === 0 ? (
        <p class="dim">Nobody.</p>
      ) : (
        <ul class="records">
          {came.map((key) => (
            <Came key={key.pin} {...key} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Came(key: KeyJson): VNode {
  const { peer, keyId, state, firstSeen } = key;
  return (
    <li class="record" tabIndex={-1} data-stop>
      <span class="record-name">{peer === null ? <KeyLink keyId={keyId} /> : <PeerName name={peer} />}</span>
      <KeyLink keyId={keyId} />
      <KeyState {...key} />
      <span class="dim">
        <Time at={firstSeen} />
      </span>
      {may("manage") && state === "trusted" && (
        <button
          type="button"
          class="button danger small"
          aria-label={`Revoke ${peer ?? keyId}`}
          onClick={() => void actOnKey(keyId, "revoke", peer)}
        >
          Revoke
        </button>
      )}
    </li>
  );
}
