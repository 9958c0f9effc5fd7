import type { Explanation } from "./explanation.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import { type Defect, findDefects } from "./find-defects.ts";
import type { ConnectionEnd, HandshakeFacts } from "./seen/handshake-facts.ts";
import { otherThan, type Sender } from "../tls/records/sender.ts";
import { judgeCertificates } from "./judge-certificates.ts";
import { judgeSealedFlight } from "./judge-agreement.ts";
import { judgeSilentServer } from "./judge-opening.ts";
import { remediesOf } from "./remedies.ts";

/** What a connection came to that no alert tells of: nothing when it went well. */
export function judgeEnd(facts: HandshakeFacts): readonly Explanation[] {
  const { clientHello, seen, isCut, isDone } = facts;
  if (clientHello === undefined) return [saidNothing(facts)];
  if (seen.size < 2) return [halfCaptured(facts)];
  if (facts.sealedAlert !== undefined) return judgeSealedAlert(facts, facts.sealedAlert);
  if (facts.leftUnspoken) return judgeLeft(facts);
  if (isDone) return judgeDone(facts);
  if (isCut) return [cutShort(facts)];
  return judgeGivenUp(facts);
}

/** Without the other direction's bytes nothing is said of it. */
function halfCaptured({ seen }: HandshakeFacts): Explanation {
  const missing = seen.has("client") ? "server" : "client";
  return {
    rule: "capture-incomplete",
    certainty: "certain",
    evidence: [`The capture has nothing of what the ${missing} sent, so nothing can be said of it.`],
    remedies: [{ act: "capture-both-sides", at: "observer" }],
  };
}

function cutShort(facts: HandshakeFacts): Explanation {
  return {
    rule: "capture-incomplete",
    certainty: "certain",
    evidence: [`What was captured ends ${step(facts)}, and the connection may have gone on.`],
    remedies: [{ act: "capture-whole", at: "observer" }],
  };
}

function judgeSealedAlert(facts: HandshakeFacts, by: Sender): readonly Explanation[] {
  const said = [
    `The ${by} ended it with a record of the size of an alert, which could not be decrypted, in place of its next message.`,
  ];
  if (facts.isSealedAlertInFlight && facts.clientHello !== undefined) {
    return judgeSealedFlight(facts.clientHello, said);
  }
  if (by === "server" && facts.sealedAnswer === "finished") {
    return [
      {
        rule: "not-explained",
        certainty: "possible",
        evidence: [
          ...said,
          "The client's sealed answer has the size of one that was not asked for a certificate.",
        ],
        remedies: [
          { act: "give-key-log", at: "observer" },
          { act: "look-at-log", at: "server" },
        ],
      },
    ];
  }
  return judgeCertificates(facts, otherThan(by), undefined, said);
}

/** Both finished, and yet one of them may not have liked what it was shown. */
function judgeDone(facts: HandshakeFacts): readonly Explanation[] {
  if (facts.spoke.size === 0) {
    const left = otherName(facts);
    if (left.length > 0) return left;
  }
  if (!facts.isUndecryptable || !facts.hungUpAfterAnswer || !mayBeRefused(facts)) return [];
  return judgeCertificates(facts, "client", undefined, [
    "The server answered once and in short, in what could not be decrypted, and hung up: nginx does so when it refuses what the client showed (400), and any server that is asked to close.",
  ]).map((explanation) => ({ ...explanation, certainty: "possible" }));
}

/** Most that answer once and hang up mind nothing: where the certificate can be seen, something is wrong with it. */
function mayBeRefused(facts: HandshakeFacts): boolean {
  const { certificateRequest, sealedAnswer, chains } = facts;
  if (chains.client === undefined) return sealedAnswer !== undefined && sealedAnswer !== "finished";
  if (certificateRequest === undefined) return false;
  return chains.client.length === 0 || findDefects(facts, "client").some(({ defect }) => !USUAL.has(defect));
}

/** What can be said of every certificate of a CA. */
const USUAL: ReadonlySet<Defect> = new Set<Defect>(["missing-intermediate", "unknown-ca"]);

/** A client that checks names after the handshake, as curl does with some libraries, leaves without saying why. */
function judgeLeft(facts: HandshakeFacts): readonly Explanation[] {
  const { chains, isUndecryptable, clientHello } = facts;
  if (chains.server !== undefined || !isUndecryptable || clientHello?.serverName === undefined)
    return otherName(facts);
  const evidence = [
    "The client finished the handshake and left at once, by the sizes of what could not be decrypted.",
  ];
  return [
    {
      rule: "server-name-mismatch",
      certainty: "possible",
      evidence: [
        ...evidence,
        `Some clients look only then whether the certificate is for "${escapeText(clientHello.serverName)}".`,
      ],
      remedies: [{ act: "give-key-log", at: "observer" }],
    },
    {
      rule: "not-explained",
      certainty: "possible",
      evidence: [...evidence, "Health checks do so, too, and mind nothing."],
      remedies: [{ act: "look-at-log", at: "client" }],
    },
  ];
}

function otherName(facts: HandshakeFacts): readonly Explanation[] {
  return findDefects(facts, "server")
    .filter(({ defect }) => defect === "name-mismatch")
    .map(({ defect, evidence }) => ({
      rule: "server-name-mismatch",
      certainty: "likely",
      evidence: ["Both sides finished the handshake, and the client said nothing after it.", evidence],
      remedies: remediesOf(defect, "server", facts),
    }));
}

/** One side left in the middle. */
function judgeGivenUp(facts: HandshakeFacts): readonly Explanation[] {
  const { serverHello, retryRequest, end, certificateRequest, chains, isUndecryptable } = facts;
  const how = `${endOf(end)} without an alert, ${step(facts)}.`;
  if (serverHello === undefined && retryRequest === undefined) {
    if (end?.by !== "client") return judgeSilentServer(facts, [how]);
    const evidence = [`${how.slice(0, -1)}: it gave up waiting for an answer in TLS, or its program ended.`];
    return judgeSilentServer(facts, evidence).map((each) => ({ ...each, certainty: "possible" }));
  }
  if (isUndecryptable) {
    const seen = end?.by === "client" ? findDefects(facts, "server") : [];
    const wrong = seen.filter(({ defect }) => defect === "name-mismatch");
    return [
      ...wrong.map(({ defect, evidence }) => ({
        rule: "server-name-mismatch" as const,
        certainty: "possible" as const,
        evidence: [evidence],
        remedies: remediesOf(defect, "server", facts),
      })),
      {
        rule: "not-explained",
        certainty: "possible",
        evidence: [how, "What came before could not be decrypted."],
        remedies: [{ act: "give-key-log", at: "observer" }],
      },
    ];
  }
  if (end?.by === "server") {
    const shown = chains.client !== undefined ? judgeCertificates(facts, "client", undefined, [how]) : [];
    if (shown.length > 0) return shown.map((each) => ({ ...each, certainty: "possible" }));
    return [
      gaveUp(
        [`${how.slice(0, -1)}: it gave up waiting for the client (a timeout), or its program ended.`],
        "server",
      ),
    ];
  }
  if (chains.server !== undefined && chains.client === undefined) {
    const asked = certificateRequest === undefined ? "" : ", or was asked for one";
    const evidence = [`${how.slice(0, -1)}: it gave up when it had seen the server's certificate${asked}.`];
    const defects = findDefects(facts, "server");
    return defects.length === 0
      ? [gaveUp(evidence, "client")]
      : [...judgeCertificates(facts, "server", undefined, evidence), gaveUp([], "client")].map((each) => ({
          ...each,
          certainty: "possible" as const,
        }));
  }
  return [
    gaveUp([`${how.slice(0, -1)}: a timeout, a program that ended, or something between the two.`], "client"),
  ];
}

function gaveUp(evidence: readonly string[], by: Sender): Explanation {
  return {
    rule: "gave-up",
    certainty: "possible",
    evidence,
    remedies: [{ act: "look-at-log", at: by }],
  };
}

function saidNothing(facts: HandshakeFacts): Explanation {
  const { firstBytes, isCut, end, seen } = facts;
  if (!seen.has("client")) return halfCaptured(facts);
  if (firstBytes.client === undefined) {
    const waited =
      end?.by === "server"
        ? "until the server closed the connection (a timeout)"
        : "as port scans and health checks do";
    return {
      rule: "said-nothing",
      certainty: "certain",
      evidence: [
        `The client connected and said nothing${end?.by === "server" ? ` ${waited}` : `, ${waited}`}.`,
      ],
      remedies: [{ act: "look-at-log", at: "client" }],
    };
  }
  if (isCut) {
    return {
      rule: "capture-incomplete",
      certainty: "certain",
      evidence: ["The client's ClientHello is not whole: the capture lacks bytes."],
      remedies: [{ act: "capture-whole", at: "observer" }],
    };
  }
  const how = endOf(end);
  const lowered = how.slice(0, 1).toLowerCase() + how.slice(1);
  return gaveUp([`The client's ClientHello is not whole: ${lowered} before that.`], "client");
}

function step({ last }: HandshakeFacts): string {
  return last === undefined ? "before any message" : `after the ${last.by}'s ${last.name}`;
}

function endOf(end: ConnectionEnd | undefined): string {
  return end === undefined ? "The connection ended" : `The ${end.by} ${end.how} the connection`;
}
