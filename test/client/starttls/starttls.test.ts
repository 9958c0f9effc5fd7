import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { connect as connectTls, TLSSocket } from "node:tls";
import { startTls } from "../../../src/client/starttls/starttls.ts";
import type { StartTlsProtocol } from "../../../src/trust/naming/starttls-protocol.ts";
import { identity } from "../../guard/support/identities.ts";

const server = await identity("server");

/** What a server says, and the end of what the client has to say before it says the next. */
type Script = readonly (string | RegExp)[];

const LDAP_REQUEST = /1\.3\.6\.1\.4\.1\.1466\.20037$/;
const LDAP_RESPONSE = "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0";
/** As Active Directory writes lengths. */
const LDAP_LONG = "\x30\x84\0\0\0\x10\x02\x01\x01\x78\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0";
const MYSQL_GREETING = mysqlGreeting(0x8a00);
const FEATURES = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";

/** From the RFCs and the protocols' own pages; each ends with the go-ahead. */
const SCRIPTS: Readonly<Record<StartTlsProtocol, Script>> = {
  smtp: [
    "220-mail.example ESMTP\r\n220 ready\r\n",
    /EHLO \S+\r\n$/,
    "250-mail.example\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n",
    /STARTTLS\r\n$/,
    "220 go ahead\r\n",
  ],
  imap: ["* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", /^a1 STARTTLS\r\n$/, "* note\r\na1 OK begin\r\n"],
  pop3: ["+OK POP3 <1@mail>\r\n", /^STLS\r\n$/, "+OK begin\r\n"],
  ldap: [LDAP_REQUEST, LDAP_RESPONSE],
  ftp: ["220-Welcome\r\n to this server\r\n220 ready\r\n", /^AUTH TLS\r\n$/, "234 begin\r\n"],
  xmpp: [
    /version='1.0'>$/,
    `<?xml version='1.0'?><stream:stream id='1' version='1.0'>${FEATURES}`,
    /<starttls [^>]*\/>$/,
    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
  ],
  postgres: [/\/$/, "S"],
  // TLS follows without a go-ahead.
  mysql: [MYSQL_GREETING, /\0{23}/],
};

function mysqlGreeting(capabilities: number): string {
  const body = Buffer.concat([
    Buffer.from("\x0a8.0.36\0\x01\0\0\0saltsalt\0", "latin1"),
    Buffer.of(capabilities & 0xff, capabilities >> 8, 33, 2, 0, 0xff, 0xdf, 21),
    Buffer.alloc(10),
    Buffer.from("saltsaltsalt\0mysql_native_password\0", "latin1"),
  ]);
  return Buffer.concat([Buffer.of(body.length, 0, 0, 0), body]).toString("latin1");
}

/** Plays a script, byte by byte if wanted, then `onReady`. */
async function playing(
  script: Script,
  onReady: (socket: Socket) => void = () => undefined,
  bytewise = false,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const open = new Set<Socket>();
  const listener = createServer((socket) => {
    open.add(socket.on("error", () => undefined));
    let heard = "";
    const left = [...script];
    const go = (): void => {
      for (let next = left[0]; next !== undefined; next = left[0]) {
        if (typeof next !== "string") {
          const found = next.exec(heard);
          if (found === null) return;
          heard = heard.slice(found.index + found[0].length);
        } else if (bytewise) for (const character of next) socket.write(character, "latin1");
        else socket.write(next, "latin1");
        left.shift();
      }
      socket.off("data", hear);
      socket.pause();
      if (heard !== "") socket.unshift(Buffer.from(heard, "latin1"));
      onReady(socket);
    };
    const hear = (chunk: Buffer): void => {
      heard += chunk.toString("latin1");
      go();
    };
    socket.on("data", hear);
    go();
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  return {
    port: (listener.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await once(listener.close(), "close");
    },
  };
}

function greets(socket: Socket): void {
  new TLSSocket(socket, { isServer: true, key: server.key, cert: server.cert })
    .on("error", () => undefined)
    .end("hello");
}

async function talk(port: number, protocol: StartTlsProtocol, timeoutMs = 20_000): Promise<Socket> {
  const socket = connectTcp(port, "127.0.0.1");
  await once(socket, "connect");
  socket.setNoDelay(true);
  await startTls(socket, { protocol, server: { host: "mail.example", port }, timeoutMs });
  return socket;
}

function cameToNothing(what: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof Error &&
    Reflect.get(error, "code") === "ERR_HANDCLASP_CONNECT" &&
    what.test(error.message);
}

for (const [name, script] of Object.entries(SCRIPTS)) {
  const protocol = name as StartTlsProtocol;
  describe(`STARTTLS of ${protocol}`, () => {
    for (const bytewise of [false, true]) {
      it(`leads to TLS${bytewise ? ", when replies come byte by byte, too" : ""}`, async () => {
        await using peer = await playing(script, greets, bytewise);
        const socket = await talk(peer.port, protocol);
        assert.equal(await text(connectTls({ socket, rejectUnauthorized: false })), "hello");
      });
    }

    it("ends the connection when bytes come in the clear behind the go-ahead", async () => {
      const at = script.findLastIndex((step) => typeof step === "string");
      const injecting = script.map((step, index) => (index === at ? `${String(step)}NOOP\r\n` : step));
      await using peer = await playing(injecting);
      const socket = connectTcp(peer.port, "127.0.0.1");
      await once(socket, "connect");
      const talked = startTls(socket, {
        protocol,
        server: { host: "h", port: peer.port },
        timeoutMs: 20_000,
      });
      await assert.rejects(talked, cameToNothing(/6 bytes in the clear behind its go-ahead/));
      assert.ok(socket.destroyed);
    });

    it("says so when the server speaks something else, closes, or says nothing", async () => {
      await using other = await playing(["SSH-2.0-OpenSSH_9.2\r\n".repeat(9)], (socket) => socket.end());
      await assert.rejects(talk(other.port, protocol), cameToNothing(/came to nothing, the server/));
      await using closing = await playing([], (socket) => socket.end());
      await assert.rejects(talk(closing.port, protocol), cameToNothing(/closed the connection/));
      await using silent = await playing([/never/]);
      await assert.rejects(talk(silent.port, protocol, 50), cameToNothing(/said nothing for 0.05 seconds/));
    });
  });
}

describe("a server without STARTTLS", () => {
  for (const [protocol, script, said] of [
    ["smtp", ["220 x\r\n", /EHLO/, "250-x\r\n250 8BITMIME\r\n"], /does not offer STARTTLS/],
    ["smtp", ["554 go away\r\n"], /answered "554 go away"/],
    ["imap", ["* OK\r\n", /STARTTLS/, "a1 BAD no\u001b[31m\r\n"], /answered "a1 BAD no\\u\{1b\}\[31m"/],
    ["pop3", ["+OK\r\n", /STLS/, "-ERR no\r\n"], /answered "-ERR no"/],
    ["ldap", [LDAP_REQUEST, LDAP_RESPONSE.replace("\x01\0", "\x01\x02")], /answered result 2/],
    ["ftp", ["220 x\r\n", /AUTH/, "502 no\r\n"], /answered "502 no"/],
    ["xmpp", [/1.0'>$/, "<stream:stream><stream:features/>"], /does not offer STARTTLS/],
    ["postgres", [/\/$/, "N"], /has TLS switched off/],
    ["mysql", [mysqlGreeting(0x8200)], /does not offer TLS/],
  ] as const satisfies readonly (readonly [StartTlsProtocol, Script, RegExp])[]) {
    it(`of ${protocol} is told from one that failed: ${said.source}`, async () => {
      await using peer = await playing(script);
      await assert.rejects(talk(peer.port, protocol), cameToNothing(said));
    });
  }

  it("of LDAP may write its lengths as Active Directory does", async () => {
    await using peer = await playing([LDAP_REQUEST, LDAP_LONG], greets);
    const socket = await talk(peer.port, "ldap");
    assert.equal(await text(connectTls({ socket, rejectUnauthorized: false })), "hello");
  });

  it("that talks without end is given up", async () => {
    await using peer = await playing(["x".repeat(100_000)]);
    await assert.rejects(talk(peer.port, "smtp"), cameToNothing(/more than any such server says/));
  });

  it("that talks without end in short lines is given up as well", async () => {
    const lines = "250-x\r\n".repeat(3000);
    await using peer = await playing(["220 x\r\n", /EHLO/], (socket) => {
      const timer = setInterval(() => socket.write(lines), 10);
      socket.on("close", () => clearInterval(timer));
    });
    await assert.rejects(talk(peer.port, "smtp"), cameToNothing(/more than any such server says/));
  });

  it("does not keep a client of XMPP busy with tags that never end", async () => {
    await using peer = await playing([/1.0'>$/, FEATURES, /<starttls [^>]*\/>$/], (socket) => {
      socket.write("<".repeat(60_000));
      const timer = setInterval(() => socket.write("<"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    const { user } = process.cpuUsage();
    await assert.rejects(talk(peer.port, "xmpp", 1000), cameToNothing(/said nothing/));
    assert.ok(process.cpuUsage().user - user < 2_000_000);
  });
});
