import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CLIENT_HELLO,
  find,
  LDAP_REQUEST,
  SERVER_HELLO,
  SMTP,
  SSL_REQUEST,
  type Turn,
  XMPP,
} from "./support.ts";

const HELLOS: readonly Turn[] = [
  ["client", CLIENT_HELLO],
  ["server", SERVER_HELLO],
];
const TLS = { client: CLIENT_HELLO, server: SERVER_HELLO };

describe("a server that does not want TLS", () => {
  const refusals: Readonly<Record<string, readonly [readonly Turn[], string, string]>> = {
    SMTP: [[...SMTP.slice(0, 4), ["server", "454 not now\r\n"]], "SMTP STARTTLS", "454 not now"],
    IMAP: [
      [
        ["client", "a STARTTLS\r\n"],
        ["server", "* OK hello\r\na BAD no such command\r\n"],
      ],
      "IMAP STARTTLS",
      "a BAD no such command",
    ],
    PostgreSQL: [
      [
        ["client", SSL_REQUEST],
        ["server", "N"],
      ],
      "PostgreSQL SSLRequest",
      "N",
    ],
    LDAP: [
      [
        ["client", LDAP_REQUEST],
        ["server", "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x35\x04\0\x04\0"],
      ],
      "LDAP StartTLS",
      "53",
    ],
    CONNECT: [
      [
        ["client", "CONNECT example.com:443 HTTP/1.1\r\n\r\n"],
        ["server", "HTTP/1.1 403 Forbidden\r\n\r\n"],
      ],
      "HTTP CONNECT",
      "HTTP/1.1 403 Forbidden",
    ],
    SOCKS5: [
      [
        ["client", "\x05\x01\0\x05\x01\0\x01\x0a\0\0\x01\0\x50"],
        ["server", "\x05\0\x05\x05\0\x01\0\0\0\0\0\0"],
      ],
      "SOCKS5",
      "5",
    ],
    SOCKS4: [
      [
        ["client", "\x04\x01\x01\xbb\x0a\0\0\x02\0"],
        ["server", "\0\x5b\0\0\0\0\0\0"],
      ],
      "SOCKS4",
      "91",
    ],
    XMPP: [
      [
        ["client", `<starttls xmlns='${XMPP}'/>`],
        ["server", `<failure xmlns='${XMPP}'/>`],
      ],
      "XMPP STARTTLS",
      `<failure xmlns='${XMPP}'/>`,
    ],
  };
  for (const [name, [turns, refused, answer]] of Object.entries(refusals))
    it(`says so in ${name}`, () => {
      const { before, refusal } = find(turns);
      assert.deepEqual(before, []);
      assert.deepEqual(refusal, { name: refused, answer });
    });

  it("is forgotten when it agrees later", () => {
    const again = SMTP.slice(3);
    const found = find([...SMTP.slice(0, 4), ["server", "454 not now\r\n"], ...again, ...HELLOS]);
    assert.deepEqual(found, { before: ["SMTP STARTTLS"], refusal: undefined, ...TLS });
  });
});
