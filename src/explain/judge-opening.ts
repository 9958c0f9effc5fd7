import { CONTENT_TYPE } from "../tls/code-points/content-type.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import type { Explanation, HandshakeRule } from "./explanation.ts";
import type { HandshakeFacts } from "./seen/handshake-facts.ts";
import type { Sender } from "../tls/records/sender.ts";
import type { Remedy } from "../remedy.ts";

/** RFC 8446 §5.1. */
const LAST_TYPE = 24;

const HTTP_REQUEST = /^(?:GET|POST|HEAD|PUT|DELETE|PATCH|OPTIONS|TRACE|CONNECT|PRI) /;
const HTTP_ANSWER = /^HTTP\/\d/;

/** How servers greet that speak first, and begin TLS only when asked to. */
const GREETINGS: readonly (readonly [RegExp, string])[] = [
  [/^220[ -].*\bFTP\b/i, "FTP"],
  [/^220[ -]/, "SMTP"],
  [/^\* (?:OK|PREAUTH|BYE)/, "IMAP"],
  [/^\+OK/, "POP3"],
  [/^(?:<\?xml|<stream)/, "XMPP"],
  [/^[^]{3}[^ -~]\n[ -~]/, "MySQL"],
];

/** What PostgreSQL's server answers to what is no message of its own. */
const POSTGRES_ERROR = /^E\0\0\0/;

/** Ports whose servers begin TLS only when asked to. */
const EXPECTS_STARTTLS: Readonly<Record<number, string>> = {
  21: "FTP",
  25: "SMTP",
  110: "POP3",
  143: "IMAP",
  389: "LDAP",
  587: "SMTP",
  3306: "MySQL",
  5222: "XMPP",
  5432: "PostgreSQL",
};

/** What was spoken instead of TLS, or expected before it; nothing when both sides speak TLS. */
export function judgeOpening(facts: HandshakeFacts): readonly Explanation[] {
  const { clientHello, serverHello, firstBytes, refusal } = facts;
  if (clientHello === undefined && refusal !== undefined) {
    const evidence = `The client asked for ${refusal.name}, and the server refused to begin TLS: "${escapeText(refusal.answer)}".`;
    return [certain("not-tls", [evidence], [{ act: "look-at-log", at: "server" }])];
  }
  if (clientHello === undefined && !isRecord(firstBytes.client)) return [clientSpeaksNoTls(facts)];
  if (serverHello === undefined && !isRecord(firstBytes.server)) return [serverSpeaksNoTls(facts)];
  return [];
}

/** True of nothing, too. RFC 8446 §5.1. */
function isRecord(bytes: Uint8Array | undefined): boolean {
  const [type, major] = bytes ?? [];
  return type === undefined || (type >= CONTENT_TYPE.changeCipherSpec && type <= LAST_TYPE && major === 3);
}

function clientSpeaksNoTls({ firstBytes }: HandshakeFacts): Explanation {
  const text = textOf(firstBytes.client);
  const shown = began("client", text);
  if (HTTP_REQUEST.test(text)) {
    return certain("plain-http-client", [shown], [{ act: "use-tls", at: "client" }]);
  }
  return certain("not-tls", [shown], [{ act: "use-tls", at: "client" }]);
}

function serverSpeaksNoTls({ firstBytes, firstToSpeak }: HandshakeFacts): Explanation {
  const text = textOf(firstBytes.server);
  const shown = began("server", text);
  if (HTTP_ANSWER.test(text)) {
    return certain("plain-http-server", [shown], [{ act: "use-plain", at: "client" }]);
  }
  const [, protocol] = GREETINGS.find(([pattern]) => pattern.test(text)) ?? [];
  if (protocol !== undefined) {
    const evidence = `The server speaks ${protocol}${firstToSpeak === "server" ? " and spoke first" : ""}: TLS begins there when the client asks for it (STARTTLS).`;
    return certain(
      "starttls-expected",
      [evidence, shown],
      [{ act: "use-starttls", at: "client", options: { protocol } }],
    );
  }
  if (POSTGRES_ERROR.test(text)) {
    const evidence =
      "The server answered with an error message of PostgreSQL, where TLS begins with an SSLRequest.";
    return {
      ...certain("starttls-expected", [evidence, shown], []),
      certainty: "likely",
      remedies: [{ act: "use-starttls", at: "client", options: { protocol: "PostgreSQL" } }],
    };
  }
  return certain("not-tls", [shown], [{ act: "look-at-log", at: "server" }]);
}

function certain(rule: HandshakeRule, evidence: readonly string[], remedies: readonly Remedy[]): Explanation {
  return { rule, certainty: "certain", evidence, remedies };
}

function began(who: Sender, text: string): string {
  return `The ${who} began with "${escapeText(text.slice(0, MOST_SHOWN))}".`;
}

const MOST_SHOWN = 16;

function textOf(bytes: Uint8Array = new Uint8Array(0)): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Why a server that was sent a ClientHello leaves without a word. */
export function judgeSilentServer(
  { before, serverPort, clientHello, end }: HandshakeFacts,
  said: readonly string[],
): readonly Explanation[] {
  const usual = serverPort === undefined ? undefined : EXPECTS_STARTTLS[serverPort];
  const proxied = before.some((name) => name.startsWith("PROXY"));
  const found: Explanation[] = [];
  const starttls: Explanation = {
    rule: "starttls-expected",
    certainty: usual === undefined ? "possible" : "likely",
    evidence:
      usual === undefined
        ? [
            "A server of PostgreSQL or LDAP, among others, does so: TLS begins there when the client asks for it.",
          ]
        : [`Port ${serverPort} is that of ${usual}, where TLS begins when the client asks for it.`],
    remedies: [
      { act: "use-starttls", at: "client", options: usual === undefined ? {} : { protocol: usual } },
    ],
  };
  const proxy: Explanation = {
    rule: "proxy-header-expected",
    certainty: "possible",
    evidence: ["A server that expects a PROXY header in front of the ClientHello does so."],
    remedies: [{ act: "send-proxy-header", at: "client" }],
  };
  if (proxied) found.push(unexpectedProxyHeader());
  else if (before.length === 0) found.push(...(usual === undefined ? [proxy, starttls] : [starttls, proxy]));
  const asked = clientHello?.serverName;
  if (asked !== undefined) {
    found.push({
      rule: "unknown-server-name",
      certainty: "possible",
      evidence: [
        `The client asked for "${escapeText(asked)}" (SNI): some servers hang up on names that they do not have.`,
      ],
      remedies: [{ act: "ask-for-another-name", at: "client" }],
    });
  }
  found.push({
    rule: "gave-up",
    certainty: "possible",
    evidence: [
      end?.by === "server"
        ? "What listens there may speak no TLS, or have failed."
        : "What listens there may be stuck.",
    ],
    remedies: [{ act: "look-at-log", at: "server" }],
  });
  const [first, ...others] = found;
  return first === undefined ? [] : [{ ...first, evidence: [...said, ...first.evidence] }, ...others];
}

function unexpectedProxyHeader(): Explanation {
  return {
    rule: "proxy-header-unexpected",
    certainty: "likely",
    evidence: ["A PROXY header came before the ClientHello: a server that expects none takes it for no TLS."],
    remedies: [{ act: "send-no-proxy-header", at: "client" }],
  };
}
