import type { ComponentChildren, VNode } from "preact";
import type { KeyDetail } from "../../client/shapes.ts";
import { CopyButton } from "../../parts/copy-button.tsx";
import { KeyId } from "../../parts/key-id.tsx";
import { QrCode } from "../../parts/qr-code.tsx";
import { Time } from "../../parts/time.tsx";

const SOURCES: Readonly<Record<KeyDetail["source"], string>> = {
  "first-use": "at first use",
  approved: "approved by an operator",
  token: "by a join token",
  rotation: "endorsed by its former key",
  ca: "by an authority",
  import: "brought as a certificate",
};

/** The key itself, in every form in which it can be compared. */
export function KeyCard({ shown }: { readonly shown: KeyDetail }): VNode {
  const { keyId, phrase, code, source, firstSeen, lastSeen, expires, state, seenByOperator } = shown;
  return (
    <section class="card" aria-labelledby="key">
      <div class="card-head">
        <h2 id="key">Key</h2>
        <CopyButton text={keyId} what="key id" />
      </div>
      <KeyId keyId={keyId} whole />
      <dl class="fact-rows">
        <Row name="Came">{SOURCES[source]}</Row>
        <Row name="First seen">
          <Time at={firstSeen} as="whole" />
        </Row>
        <Row name="Last seen">
          <Time at={lastSeen} />
        </Row>
        <Row name={state === "pending" ? "Waits until" : "Trust ends"}>
          <Time at={expires} as="whole" />
        </Row>
        {seenByOperator !== null && (
          <Row name="Looked at">
            <Time at={seenByOperator} /> <span class="dim">by an operator</span>
          </Row>
        )}
      </dl>
      {phrase !== null && (
        <details class="fold">
          <summary>Phrase and code, to compare</summary>
          <ol class="phrase">
            {phrase.split(" ").map((word) => (
              <li>{word}</li>
            ))}
          </ol>
          {code !== null && <QrCode text={code} label="Code of this key" />}
        </details>
      )}
    </section>
  );
}

/** A fact of a list of facts, one a line. */
export function Row({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
