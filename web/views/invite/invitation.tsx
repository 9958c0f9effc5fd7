import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Invited } from "../../client/list-shapes.ts";
import { CommandLine } from "../../parts/as-command.tsx";
import { PeerName } from "../../parts/names.tsx";
import { QrCode } from "../../parts/qr-code.tsx";
import { Time } from "../../parts/time.tsx";

/** A token that was just made, in every form to hand over. The server keeps none of them. */
export function Invitation(props: { readonly invited: Invited; readonly onDone: () => void }): VNode {
  const { invited, onDone } = props;
  const { peer, token, join, expires } = invited;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <section class="card invitation" aria-label="The token">
      <div class="invitation-head">
        <h2 ref={title} tabIndex={-1}>
          For <PeerName name={peer} />
        </h2>
        <p class="dim">
          ends <Time at={expires} />
        </p>
      </div>
      <p class="note note-warn">
        It is shown this once. Hand it over so that nobody else reads it: whoever uses it first is {peer}.
      </p>
      <div class="invitation-forms">
        <div class="stack">
          <h3>To scan</h3>
          <QrCode text={token} label={`The token for ${peer} as a QR code`} />
        </div>
        <div class="stack">
          <h3>To run on the client</h3>
          <CommandLine line={join} what="command" />
          <h3>The token alone</h3>
          <CommandLine line={token} what="token" />
        </div>
      </div>
      <div class="actions">
        <button type="button" class="button primary" onClick={onDone}>
          I have handed it over
        </button>
      </div>
    </section>
  );
}
