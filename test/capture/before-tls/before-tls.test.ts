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

interface Case {
  readonly turns: readonly Turn[];
  readonly before: readonly string[];
  /** What is known when only the server was captured; the same unless told. */
  readonly serverOnly?: readonly string[];
}

const PROXY_V2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\xc3\x50\x01\xbb";
const PROXY_V1 = "PROXY TCP4 192.0.2.1 198.51.100.7 50000 443\r\n";
const LDAP_BIND = "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0";
const MYSQL_GREETING = "\x4a\0\0\0\x0a8.0.36\0" + "x".repeat(0x4a - 8);
const MYSQL_REQUEST = `\x20\0\0\x01\x85\xae\xff\x19\0\0\0\x01\xff${"\0".repeat(23)}`;

const CASES: Readonly<Record<string, Case>> = {
  "PROXY v1": { turns: [["client", PROXY_V1]], before: ["PROXY v1"], serverOnly: [] },
  "PROXY v2": { turns: [["client", PROXY_V2]], before: ["PROXY v2"], serverOnly: [] },
  "two PROXY headers": {
    turns: [["client", PROXY_V2 + PROXY_V1]],
    before: ["PROXY v2", "PROXY v1"],
    serverOnly: [],
  },
  SMTP: { turns: SMTP, before: ["SMTP STARTTLS"] },
  LMTP: {
    turns: SMTP.map(([sender, said]) => [sender, said === "EHLO me\r\n" ? "LHLO me\r\n" : said]),
    before: ["SMTP STARTTLS"],
  },
  "SMTP behind a PROXY header": {
    turns: [["client", PROXY_V1], ...SMTP],
    before: ["PROXY v1", "SMTP STARTTLS"],
    serverOnly: ["SMTP STARTTLS"],
  },
  IMAP: {
    turns: [
      ["server", "* OK IMAP4rev1 ready\r\n"],
      ["client", "a.1 CAPABILITY\r\n"],
      ["server", "* CAPABILITY IMAP4rev1 STARTTLS\r\na.1 OK done\r\n"],
      ["client", "a.2 starttls\r\n"],
      ["server", "a.2 OK begin TLS\r\n"],
    ],
    before: ["IMAP STARTTLS"],
  },
  POP3: {
    turns: [
      ["server", "+OK ready\r\n"],
      ["client", "STLS\r\n"],
      ["server", "+OK begin\r\n"],
    ],
    before: ["POP3 STLS"],
  },
  FTP: {
    turns: [
      ["server", "220-welcome\r\n to us\r\n220 end\r\n"],
      ["client", "AUTH TLS\r\n"],
      ["server", "234 go\r\n"],
    ],
    before: ["FTP AUTH TLS"],
  },
  XMPP: {
    turns: [
      ["client", "<?xml version='1.0'?><stream:stream to='a' xmlns='jabber:client'>"],
      ["server", `<?xml version='1.0'?><stream:stream from='a'><stream:features><starttls xmlns='${XMPP}'/>`],
      ["server", "</stream:features>"],
      ["client", `<starttls xmlns='${XMPP}'/>`],
      ["server", `<proceed xmlns='${XMPP}'/>`],
    ],
    before: ["XMPP STARTTLS"],
  },
  LDAP: {
    turns: [
      ["client", LDAP_BIND],
      ["server", "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"],
      ["client", LDAP_REQUEST],
      ["server", "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"],
    ],
    before: ["LDAP StartTLS"],
  },
  PostgreSQL: {
    turns: [
      ["client", SSL_REQUEST],
      ["server", "S"],
    ],
    before: ["PostgreSQL SSLRequest"],
  },
  "PostgreSQL that was asked for GSSAPI first": {
    turns: [
      ["client", "\0\0\0\x08\x04\xd2\x16\x30"],
      ["server", "N"],
      ["client", SSL_REQUEST],
      ["server", "S"],
    ],
    before: ["PostgreSQL SSLRequest"],
    serverOnly: ["unknown protocol"],
  },
  MySQL: {
    turns: [
      ["server", MYSQL_GREETING],
      ["client", MYSQL_REQUEST],
    ],
    before: ["MySQL SSLRequest"],
  },
  CONNECT: {
    turns: [
      ["client", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"],
      ["server", "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"],
    ],
    before: ["HTTP CONNECT"],
  },
  "CONNECT after a 407": {
    turns: [
      ["client", "CONNECT example.com:443 HTTP/1.1\r\n\r\n"],
      ["server", "HTTP/1.1 407 Who are you\r\nContent-Length: 4\r\n\r\nwho?"],
      ["client", "CONNECT example.com:443 HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n\r\n"],
      ["server", "HTTP/1.1 200 OK\r\n\r\n"],
    ],
    before: ["HTTP CONNECT"],
    serverOnly: ["unknown protocol"],
  },
  "CONNECT to SMTP": {
    turns: [
      ["client", "CONNECT mx.example:25 HTTP/1.1\r\n\r\n"],
      ["server", "HTTP/1.1 200 OK\r\n\r\n"],
      ...SMTP,
    ],
    before: ["HTTP CONNECT", "SMTP STARTTLS"],
    serverOnly: ["SMTP STARTTLS"],
  },
  SOCKS4: {
    turns: [
      ["client", "\x04\x01\x01\xbb\x0a\0\0\x02me\0"],
      ["server", "\0\x5a\0\0\0\0\0\0"],
    ],
    before: ["SOCKS4"],
  },
  SOCKS4a: {
    turns: [
      ["client", "\x04\x01\x01\xbb\0\0\0\x01\0example.com\0"],
      ["server", "\0\x5a\0\0\0\0\0\0"],
    ],
    before: ["SOCKS4"],
  },
  SOCKS5: {
    turns: [
      ["client", "\x05\x01\0"],
      ["server", "\x05\0"],
      ["client", "\x05\x01\0\x03\x0bexample.com\x01\xbb"],
      ["server", "\x05\0\0\x01\0\0\0\0\0\0"],
    ],
    before: ["SOCKS5"],
  },
  "SOCKS5 with a password, to PostgreSQL": {
    turns: [
      ["client", "\x05\x02\0\x02"],
      ["server", "\x05\x02"],
      ["client", "\x01\x02me\x02pw"],
      ["server", "\x01\0"],
      ["client", `\x05\x01\0\x04${"a".repeat(16)}\x15\x38`],
      ["server", `\x05\0\0\x04${"\0".repeat(18)}`],
      ["client", SSL_REQUEST],
      ["server", "S"],
    ],
    before: ["SOCKS5", "PostgreSQL SSLRequest"],
    serverOnly: ["PostgreSQL SSLRequest"],
  },
  "what nobody knows": {
    turns: [
      ["client", "\x01\x02\x03binary"],
      ["server", "\x01\x09ok"],
    ],
    before: ["unknown protocol"],
  },
  NNTP: {
    turns: [
      ["server", "200 news.example\r\n"],
      ["client", "STARTTLS\r\n"],
      ["server", "382 go\r\n"],
    ],
    before: ["unknown protocol"],
  },
};

const HELLOS: readonly Turn[] = [
  ["client", CLIENT_HELLO],
  ["server", SERVER_HELLO],
  ["client", "\x17\x03\x03\0\x01x"],
  ["server", "\x15\x03\x03\0\x02\x02\x28"],
];
const TLS = {
  client: `${CLIENT_HELLO}\x17\x03\x03\0\x01x`,
  server: `${SERVER_HELLO}\x15\x03\x03\0\x02\x02\x28`,
};

describe("what comes before TLS", () => {
  for (const [name, { turns, before, serverOnly = before }] of Object.entries(CASES)) {
    const all = [...turns, ...HELLOS];
    it(`may be ${name}`, () => {
      assert.deepEqual(find(all), { before, refusal: undefined, ...TLS });
    });

    // Where nothing is known of the pieces, only the beginning of a segment tells.
    if (before[0] === "unknown protocol") continue;
    it(`may be ${name}, in pieces of any size`, () => {
      for (const size of [1, 2, 3, 7, 100])
        assert.deepEqual(find(all, size), { before, refusal: undefined, ...TLS }, `size ${size}`);
    });

    it(`may be ${name}, when only one side was captured`, () => {
      const client = find(all.filter(([sender]) => sender === "client"));
      assert.equal(client.client, TLS.client);
      assert.deepEqual(new Set(client.before), new Set(before));
      const server = find(all.filter(([sender]) => sender === "server"));
      assert.equal(server.server, TLS.server);
      assert.deepEqual(server.before, serverOnly);
    });
  }

  it("is nothing when the client begins with TLS, whatever the server says", () => {
    const plain = "HTTP/1.1 400 Bad Request\r\n\r\n";
    const found = find([
      ["client", CLIENT_HELLO],
      ["server", plain],
    ]);
    assert.deepEqual(found, { before: [], refusal: undefined, client: CLIENT_HELLO, server: plain });
    const greeted = find([["server", "220 mx\r\n"], ...HELLOS]);
    assert.deepEqual(greeted, { ...TLS, before: [], refusal: undefined, server: `220 mx\r\n${TLS.server}` });
  });

  it("is nothing when a server answers with TLS what is none", () => {
    const alert = "\x15\x03\x01\0\x02\x02\x28";
    const found = find([
      ["client", "GET / HTTP/1.1\r\n\r\n"],
      ["server", alert],
    ]);
    assert.deepEqual(found, {
      before: [],
      refusal: undefined,
      client: "GET / HTTP/1.1\r\n\r\n",
      server: alert,
    });
  });

  it("leaves what a server says to TLS when it answers a PROXY header and a ClientHello in plain text", () => {
    const found = find([
      ["client", PROXY_V1],
      ["client", CLIENT_HELLO],
      ["server", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ]);
    assert.match(found.server, /^HTTP/);
  });

  it("is not looked for in what another protocol carries", () => {
    const page = `HTTP/1.1 200 OK\r\n\r\n\n\x15\x03\x01\0\x02\x02\x28\n${SERVER_HELLO}`;
    const found = find([
      ["client", "GET / HTTP/1.1\r\n\r\n"],
      ["server", page],
    ]);
    assert.deepEqual(found.before, []);
    assert.equal(found.client, "GET / HTTP/1.1\r\n\r\n");
  });

  it("is looked for in 64 KiB of either side", () => {
    const noise = "x".repeat(60) + "\r\n";
    const few = find([["client", noise.repeat(1_000)], ...HELLOS]);
    assert.deepEqual(few.before, ["unknown protocol"]);
    const many = find([["client", noise.repeat(1_100)], ...HELLOS]);
    assert.deepEqual(many.before, []);
    assert.equal(many.client, `${noise}${noise.slice(0, 2)}\x17\x03\x03\0\x01x`);
  });

  it("may lack bytes", () => {
    assert.deepEqual(find(SMTP.toSpliced(1, 1).concat(HELLOS)).before, ["SMTP STARTTLS"]);
    assert.deepEqual(find([["client", "STARTTLS\r\n"], ...HELLOS], Infinity, true).before, ["SMTP STARTTLS"]);
  });

  it("is left to TLS in the middle of a connection when it is no text", () => {
    const sealed = "Aa9\xff\x01\x02more of a record that began before";
    const found = find([["server", sealed]], Infinity, true);
    assert.equal(found.server, sealed);
  });
});
