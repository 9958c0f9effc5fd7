import type { PrefaceName, Said } from "./preface-name.ts";

/** What a client's line asks for; `greeting` is the first line that the server said, if it was seen. */
export function clientLine(line: string, greeting: string | undefined): Said | undefined {
  if (line.startsWith("<")) return XMPP_START.test(line) ? ask("XMPP STARTTLS") : undefined;
  if (/^CONNECT \S+ HTTP\/1\.[01]$/.test(line)) return ask("HTTP CONNECT");
  if (/^STARTTLS$/i.test(line))
    return ask(greeting === undefined || /^2[25]0/.test(greeting) ? "SMTP STARTTLS" : "unknown protocol");
  if (/^STLS$/i.test(line)) return ask("POP3 STLS");
  if (/^AUTH (?:TLS|SSL)(?:-[CP])?$/i.test(line)) return ask("FTP AUTH TLS");
  const [, tag] = /^(\S{1,64}) STARTTLS$/i.exec(line) ?? [];
  return tag === undefined ? undefined : { does: "ask", name: "IMAP STARTTLS", tag };
}

const XMPP_START = /^<(?:\w+:)?starttls\s[^>]*urn:ietf:params:xml:ns:xmpp-tls/;

function ask(name: PrefaceName): Said {
  return { does: "ask", name };
}

/** PROXY version 1, which only the first lines of a client can be. §2.1 of HAProxy's proxy-protocol.txt. */
export function proxyLine(line: string): Said | undefined {
  return /^PROXY (?:TCP[46]|UNKNOWN)(?: |$)/.test(line) ? { does: "is", name: "PROXY v1" } : undefined;
}

interface Answers {
  readonly name: PrefaceName;
  readonly yes: RegExp;
  readonly no: RegExp;
}

const XMPP: Answers = {
  name: "XMPP STARTTLS",
  yes: /^<(?:\w+:)?proceed\s[^>]*urn:ietf:params:xml:ns:xmpp-tls/,
  no: /^<(?:\w+:)?failure\s[^>]*urn:ietf:params:xml:ns:xmpp-tls/,
};

/** How servers answer: RFC 3207 §4, RFC 4217 §4, RFC 2595 §4, RFC 9110 §9.3.6, RFC 6120 §5.4.2. */
const ANSWERS: readonly Answers[] = [
  { name: "SMTP STARTTLS", yes: /^220(?: |$)/, no: /^[45]\d\d(?: |$)/ },
  { name: "FTP AUTH TLS", yes: /^[23]34(?: |$)/, no: /^[45]\d\d(?: |$)/ },
  { name: "POP3 STLS", yes: /^\+OK/, no: /^-ERR/ },
  { name: "HTTP CONNECT", yes: /^HTTP\/1\.[01] 2\d\d(?: |$)/, no: /^HTTP\/1\.[01] [3-5]\d\d(?: |$)/ },
  XMPP,
];

/** What a server's line answers to what was asked. */
export function serverLine(line: string, asked: PrefaceName, tag: string | undefined): Said | undefined {
  const { yes, no } = ANSWERS.find(({ name }) => name === asked) ?? taggedAnswers(tag);
  if (yes.test(line)) return { does: "accept", name: asked };
  return no.test(line) ? { does: "refuse", name: asked, answer: line } : undefined;
}

/** RFC 9051 §7.1. Of other protocols (NNTP, ManageSieve) any line is an answer. */
function taggedAnswers(tag: string | undefined): Pick<Answers, "yes" | "no"> {
  if (tag === undefined) return { yes: /^(?:[23]\d\d|OK)/, no: /^(?:[45]\d\d|NO|BAD)/ };
  const start = tag.replaceAll(/[^\w]/g, String.raw`\$&`);
  return { yes: new RegExp(`^${start} OK`, "i"), no: new RegExp(`^${start} (?:NO|BAD)`, "i") };
}

/** What a server's line is if TLS follows and nobody heard the client. */
export function serverGuess(line: string): PrefaceName | undefined {
  const known = ANSWERS.find(({ yes }) => yes.test(line));
  if (known !== undefined) return known.name;
  return /^[^*\s]\S{0,63} OK/i.test(line) ? "IMAP STARTTLS" : undefined;
}
