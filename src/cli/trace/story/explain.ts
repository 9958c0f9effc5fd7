import { describeShown } from "../../../explain/find-defects.ts";
import type { HandshakeFacts } from "../../../explain/seen/handshake-facts.ts";
import type { Sender } from "../../../tls/records/sender.ts";
import { judgeHandshake } from "../../../explain/judge-handshake.ts";
import { nameVersions, versionsOf } from "../../../explain/seen/offers.ts";
import { CIPHER_SUITE_NAMES } from "../../../tls/code-points/code-points-cipher-suites.ts";
import { escapeText } from "../../../trust/naming/peer-name.ts";
import { explanationsText } from "../../terminal/explanations-text.ts";

/** A handshake in a paragraph for people: who offered and showed what, how it ended, why, and what to do about it. */
export function explainHandshake(facts: HandshakeFacts): string {
  return [...introduction(facts), outcome(facts)].join(" ");
}

function introduction(facts: HandshakeFacts): readonly string[] {
  const { clientHello, serverHello, before } = facts;
  const said = before.length === 0 ? [] : [`Before TLS came ${before.join(", ")}.`];
  if (clientHello === undefined) return said;
  const { serverName } = clientHello;
  const name = serverName === undefined ? "" : ` and asked for "${escapeText(serverName)}"`;
  said.push(`The client offered ${nameVersions(versionsOf(clientHello))}${name}.`);
  if (serverHello === undefined) return said;
  const suite = CIPHER_SUITE_NAMES.name(serverHello.cipherSuite) ?? `suite ${serverHello.cipherSuite}`;
  said.push(
    `The server chose ${nameVersions([serverHello.version])} with ${suite}${shown(facts, "server")}.`,
  );
  const client = shown(facts, "client");
  if (facts.certificateRequest !== undefined) said.push(`It asked for the client's certificate${client}.`);
  else if (client !== "") said.push(`It must have asked for the client's certificate${client}.`);
  return said;
}

/** The certificate that one side showed. */
function shown(facts: HandshakeFacts, sender: Sender): string {
  if (facts.chains[sender]?.length === 0) return `, and the ${sender} showed none`;
  const what = describeShown(facts, sender);
  return what === undefined ? "" : `, and the ${sender} showed ${what}`;
}

function outcome(facts: HandshakeFacts): string {
  const explanations = judgeHandshake(facts);
  if (explanations.length > 0) return explanationsText(explanations);
  if (!facts.isDone) return "It went as far as that.";
  const both = "Both sides finished the handshake.";
  return facts.isUndecryptable
    ? `${both} What followed could not be decrypted: capture with the client's key log (SSLKEYLOGFILE) and give it with --keylog.`
    : both;
}
