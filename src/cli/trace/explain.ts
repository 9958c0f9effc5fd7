import type { Explanation, HandshakeRule } from "../../explain/explanation.ts";
import { describeShown } from "../../explain/find-defects.ts";
import type { HandshakeFacts, Sender } from "../../explain/handshake-facts.ts";
import { judgeHandshake } from "../../explain/judge-handshake.ts";
import { nameVersions, versionsOf } from "../../explain/offers.ts";
import { RULE_WORDS } from "../../explain/rule-words.ts";
import { CIPHER_SUITE_NAMES } from "../../tls/code-points-cipher-suites.ts";
import { escapeText } from "../../trust/peer-name.ts";
import { remediesText } from "../remedy-text.ts";

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

/** The best one, and what else it may be. */
function explanationsText(explanations: readonly Explanation[]): string {
  const sure = explanations.filter(({ certainty }) => certainty !== "possible");
  const possible = explanations.filter(({ certainty }) => certainty === "possible");
  const said = sure.map((each) => singly(each));
  if (possible.length === 0) return said.join(" ");
  const [only, ...others] = possible;
  if (sure.length === 0 && only !== undefined && others.length === 0) return singly(only);
  if (sure.length > 0) return [...said, `Else ${possible.map(clause).join(", or ")}.`].join(" ");
  const listed = possible.map((each, index) => `(${index + 1}) ${body(each, clause(each))}`).join(" ");
  return `It is one of these: ${listed}`;
}

function singly(explanation: Explanation): string {
  const { certainty } = explanation;
  if (NEEDS_NO_TITLE.has(explanation.rule)) return body(explanation, "");
  const title = clause(explanation);
  return body(
    explanation,
    certainty === "certain"
      ? upper(title)
      : `${certainty === "likely" ? "Most likely" : "Possibly"} ${title}`,
  );
}

/** Of which the evidence says it all. */
const NEEDS_NO_TITLE: ReadonlySet<string> = new Set([
  "gave-up",
  "said-nothing",
  "capture-incomplete",
  "not-explained",
  "protocol-error",
  "cancelled",
  "refused-after-handshake",
]);

function body({ evidence, remedies }: Explanation, title: string): string {
  const parts = [...(title === "" ? [] : [`${title}.`]), ...evidence];
  if (remedies.length > 0) parts.push(`What helps: ${remediesText(remedies)}.`);
  return parts.join(" ");
}

function clause({ rule }: Explanation): string {
  return RULE_WORDS[rule as HandshakeRule];
}

function upper(sentence: string): string {
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}
