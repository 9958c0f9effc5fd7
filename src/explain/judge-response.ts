import type { Explanation } from "./explanation.ts";
import type { HandshakeFacts } from "./seen/handshake-facts.ts";
import { readHttpAnswer } from "./seen/http-answer.ts";
import { judgeUnknownName } from "./judge-agreement.ts";
import { judgeCertificates } from "./judge-certificates.ts";
import { judgeEmptyHanded } from "./judge-empty-handed.ts";

/** nginx asks in the handshake, finishes it whatever is shown, and says what it thinks of it in HTTP. */
const NOTHING_SHOWN = /No required SSL certificate was sent/;
const NOT_TAKEN = /The SSL certificate error/;
/** nginx's own, where a configuration keeps them. */
const CERTIFICATE_ERROR = 495;
const CERTIFICATE_REQUIRED = 496;
const MISDIRECTED = 421;
/** Of the statuses from here on something went wrong. */
const BAD_REQUEST = 400;
const DENIED: ReadonlySet<number> = new Set([401, 403]);

/** What an answer in HTTP says of the handshake before it; nothing of one that says nothing of it. */
export function judgeResponse(facts: HandshakeFacts): readonly Explanation[] {
  const answer = facts.said.server === undefined ? undefined : readHttpAnswer(facts.said.server);
  if (answer === undefined) return [];
  const { status } = answer;
  // What went well may be about such errors.
  const text = status < BAD_REQUEST ? "" : answer.text;
  const handshake = "The handshake was finished, and then the server";
  if (NOTHING_SHOWN.test(text) || status === CERTIFICATE_REQUIRED) {
    return judgeEmptyHanded(facts, [
      `${handshake} answered ${status} "No required SSL certificate was sent" in HTTP, as nginx does.`,
    ]);
  }
  if (NOT_TAKEN.test(text) || status === CERTIFICATE_ERROR) {
    return judgeCertificates(facts, "client", undefined, [
      `${handshake} answered ${status} "The SSL certificate error" in HTTP, as nginx does: it refuses what the client showed.`,
    ]);
  }
  if (status === MISDIRECTED && facts.clientHello !== undefined) {
    const said = `${handshake} answered 421 (Misdirected Request) in HTTP.`;
    return [judgeUnknownName(facts.clientHello, "likely", [said])];
  }
  if (!DENIED.has(status) || facts.certificateRequest === undefined) return [];
  const shown =
    facts.chains.client?.length === 0
      ? "The client showed no certificate."
      : "It knows the client by its certificate, or by what came with the request.";
  return [
    {
      rule: "refused-after-handshake",
      certainty: "possible",
      evidence: [`${handshake} answered ${status} in HTTP.`, shown],
      remedies: [
        { act: "look-at-log", at: "server" },
        { act: "ask-operator", at: "client" },
      ],
    },
  ];
}
