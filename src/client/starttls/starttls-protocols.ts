import { escapeText } from "../../trust/naming/peer-name.ts";
import type { StartTlsProtocol } from "../../trust/naming/starttls-protocol.ts";
import type { ClearConversation } from "./clear-conversation.ts";

interface Protocol {
  /** What asking for TLS is called there. */
  readonly name: string;
  /** Up to the server's go-ahead. Throws what the server did instead, as the end of a sentence. */
  begin(conversation: ClearConversation, host: string): Promise<void>;
}

/** How a client asks for TLS, by protocol. */
export const STARTTLS: Readonly<Record<StartTlsProtocol, Protocol>> = {
  /** RFC 3207 §4. */
  smtp: {
    name: "SMTP STARTTLS",
    async begin(conversation) {
      await reply(conversation, "220");
      conversation.say("EHLO localhost\r\n");
      const offers = await reply(conversation, "250");
      if (!offers.some((line) => /^\d{3}[ -]STARTTLS\b/i.test(line)))
        throw new Error("does not offer STARTTLS");
      conversation.say("STARTTLS\r\n");
      await reply(conversation, "220");
    },
  },
  /** RFC 9051 §6.2.1. */
  imap: {
    name: "IMAP STARTTLS",
    async begin(conversation) {
      expect(await conversation.line(), /^\* (?:OK|PREAUTH)\b/i);
      conversation.say("a1 STARTTLS\r\n");
      let line = await conversation.line();
      while (line.startsWith("* ")) line = await conversation.line();
      expect(line, /^a1 OK\b/i);
    },
  },
  /** RFC 2595 §4. */
  pop3: {
    name: "POP3 STLS",
    async begin(conversation) {
      expect(await conversation.line(), /^\+OK/i);
      conversation.say("STLS\r\n");
      expect(await conversation.line(), /^\+OK/i);
    },
  },
  /** RFC 4511 §4.14. */
  ldap: {
    name: "LDAP StartTLS",
    async begin(conversation) {
      conversation.say(LDAP_START_TLS);
      const [tag = 0, first = 0] = await conversation.bytes(2);
      const more = first > 0x80 ? await conversation.bytes(first - 0x80) : Buffer.of(first);
      if (tag !== 0x30 || more.length > 4) throw new Error("does not speak LDAP");
      const message = await conversation.bytes(more.readUIntBE(0, more.length));
      const code = ldapResult(message);
      if (code !== 0) throw new Error(`answered ${code === undefined ? "something else" : `result ${code}`}`);
    },
  },
  /** RFC 4217 §4. */
  ftp: {
    name: "FTP AUTH TLS",
    async begin(conversation) {
      await reply(conversation, "220");
      conversation.say("AUTH TLS\r\n");
      await reply(conversation, "234");
    },
  },
  /** RFC 6120 §5.4. */
  xmpp: {
    name: "XMPP STARTTLS",
    async begin(conversation, host) {
      const to = host.replaceAll(/[<>&'"]/g, "");
      conversation.say(
        `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${to}' version='1.0'>`,
      );
      const features = await conversation.upTo(
        /<\/(?:\w+:)?features>|<(?:\w+:)?features\s*\/>|<\/stream:stream>/,
      );
      if (!/<starttls\b/.test(features)) throw new Error("does not offer STARTTLS");
      conversation.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
      expect(await conversation.upTo(/<[^<>]+>/), /<proceed\b/);
    },
  },
  /** PostgreSQL's protocol 3, SSLRequest. */
  postgres: {
    name: "PostgreSQL SSLRequest",
    async begin(conversation) {
      conversation.say(Buffer.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f));
      const [answer = 0] = await conversation.bytes(1);
      if (answer === "N".charCodeAt(0)) throw new Error("has TLS switched off (N)");
      if (answer !== "S".charCodeAt(0)) throw new Error("does not speak PostgreSQL's protocol");
    },
  },
  /** MySQL's protocol 10: the server greets, then TLS begins behind the client's SSLRequest, without a go-ahead. */
  mysql: {
    name: "MySQL SSLRequest",
    async begin(conversation) {
      const header = await conversation.bytes(4);
      const greeting = await conversation.bytes(header.readUIntLE(0, 3));
      if (greeting[0] !== 10) throw new Error("does not speak MySQL's protocol 10");
      const capabilitiesAt = greeting.indexOf(0) + 1 + 4 + 8 + 1;
      if (capabilitiesAt + 2 > greeting.length || (greeting.readUInt16LE(capabilitiesAt) & MYSQL_SSL) === 0)
        throw new Error("does not offer TLS");
      const request = Buffer.alloc(36);
      request.writeUIntLE(32, 0, 3);
      request.writeUInt8((header[3] ?? 0) + 1, 3);
      request.writeUInt32LE(MYSQL_SSL | MYSQL_PROTOCOL_41 | MYSQL_SECURE_CONNECTION, 4);
      request.writeUInt32LE(2 ** 24 - 1, 8);
      request.writeUInt8(MYSQL_UTF8, 12);
      conversation.say(request);
    },
  },
};

const MYSQL_PROTOCOL_41 = 0x200;
const MYSQL_SSL = 0x800;
const MYSQL_SECURE_CONNECTION = 0x8000;
const MYSQL_UTF8 = 33;

/** LDAPMessage 1, an ExtendedRequest for 1.3.6.1.4.1.1466.20037. */
const LDAP_START_TLS = Buffer.concat([
  Buffer.of(0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16),
  Buffer.from("1.3.6.1.4.1.1466.20037"),
]);

/** The result code of an ExtendedResponse to message 1, whose lengths may be written in several ways (X.690 §8.1.3). */
function ldapResult(message: Buffer): number | undefined {
  const [idTag, idLength, id, tag, length = 0] = message;
  const isAnswer = idTag === 0x02 && idLength === 1 && id === 1 && tag === 0x78;
  const at = 5 + (length > 0x80 ? length - 0x80 : 0);
  return isAnswer && message[at] === 0x0a && message[at + 1] === 1 ? message[at + 2] : undefined;
}

/** A reply of SMTP or FTP, of one line or several (RFC 5321 §4.2.1). */
async function reply(conversation: ClearConversation, code: string): Promise<readonly string[]> {
  const first = await conversation.line();
  expect(first, new RegExp(`^${code}(?:[ -]|$)`));
  const lines = [first];
  for (let last = first; !last.startsWith(code) || last[3] === "-"; lines.push(last))
    last = await conversation.line();
  return lines;
}

function expect(line: string, wanted: RegExp): void {
  if (!wanted.test(line)) throw new Error(`answered "${escapeText(line, MOST_SHOWN)}"`);
}

const MOST_SHOWN = 120;
