import { BeforeTls } from "../../../src/capture/before-tls/before-tls.ts";
import type { Sender } from "../../../src/tls/records/sender.ts";

/** Who says what; text is Latin-1. */
export type Turn = readonly [Sender, string | Uint8Array];

export interface Found {
  readonly before: readonly string[];
  readonly refusal: BeforeTls["refusal"];
  readonly client: string;
  readonly server: string;
}

export const XMPP: string = "urn:ietf:params:xml:ns:xmpp-tls";
export const LDAP_REQUEST: string = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
export const SSL_REQUEST: string = "\0\0\0\x08\x04\xd2\x16\x2f";

export const SMTP: readonly Turn[] = [
  ["server", "220 mx.example ESMTP\r\n"],
  ["client", "EHLO me\r\n"],
  ["server", "250-mx.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"],
  ["client", "STARTTLS\r\n"],
  ["server", "220 2.0.0 Ready to start TLS\r\n"],
];

/** Records as a handshake begins with, in a form that a test can compare. */
export const CLIENT_HELLO: string = hello(1);
export const SERVER_HELLO: string = hello(2);

function hello(type: number): string {
  const body = `\x03\x03${"r".repeat(32)}\0\0\x02\x13\x01\x01\0\0\0`;
  const message = `${String.fromCharCode(type)}\0\0${String.fromCharCode(body.length)}${body}`;
  return `\x16\x03\x01\0${String.fromCharCode(message.length)}${message}`;
}

/** What is found when the turns come as they are, or in pieces of `size` bytes. */
export function find(turns: readonly Turn[], size: number = Infinity, isHeadless = false): Found {
  const found = { client: "", server: "" };
  const preface = new BeforeTls(isHeadless, {
    data: (sender, bytes) => (found[sender] += Buffer.from(bytes).toString("latin1")),
    gap: (sender, length) => (found[sender] += `[${length}]`),
  });
  for (const [sender, said] of turns) {
    const bytes = typeof said === "string" ? Buffer.from(said, "latin1") : said;
    for (let at = 0; at < bytes.length; at += size)
      preface.data(sender, bytes.subarray(at, Math.min(bytes.length, at + size)));
  }
  preface.end();
  return { before: preface.before, refusal: preface.refusal, ...found };
}
