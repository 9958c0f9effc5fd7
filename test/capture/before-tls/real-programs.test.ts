import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readCapture, readStreams } from "../support/read-capture.ts";
import { BeforeTls } from "../../../src/capture/before-tls/before-tls.ts";
import type { Connection } from "../../../src/capture/tcp/connection.ts";
import { CONTENT_TYPE } from "../../../src/tls/code-points/content-type.ts";
import { HandshakeObserver } from "../../../src/tls/observer/handshake-observer.ts";
import { runToEnd, until } from "../../cli/support/serve.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { cannotCapture, LoopbackCapture, missing, tsharkFields } from "../support/programs.ts";
import { type Preface, PrefaceServer } from "./preface-server.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../../support/patience.ts";

interface Case {
  readonly before: string;
  readonly preface: Preface;
  readonly client: (port: number) => readonly string[];
  /** How tshark is told which protocol the port has; without it, tshark does not look behind that. */
  readonly tshark?: string;
}

const XMPP = "urn:ietf:params:xml:ns:xmpp-tls";
const MYSQL_GREETING =
  `\x4a\0\0\0\x0a8.0.36\0\x01\0\0\0${"salt".repeat(2)}\0\xff\xff\x08\x02\0\xff\xdf\x15` +
  `${"\0".repeat(10)}${"salt".repeat(3)}\0caching_sha2_password\0`;
const SMTP = {
  greeting: "220 mx.example ESMTP\r\n",
  steps: [
    [/(?:EHLO|LHLO) \S+\r\n/, "250-mx.example\r\n250 STARTTLS\r\n"],
    [/STARTTLS\r\n/, "220 go\r\n"],
  ],
} as const;

function startTls(protocol: string): (port: number) => readonly string[] {
  const flags = ["-tls1_2", "-quiet", "-starttls", protocol];
  return (port) => ["openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...flags];
}

function curl(...flags: readonly string[]): (port: number) => readonly string[] {
  const all = ["curl", "-sk", "--max-time", String(PATIENCE_MS / 1000), "--tls-max", "1.2", ...flags];
  return (port) => all.map((flag) => flag.replace("PORT", String(port)));
}

const CASES: readonly Case[] = [
  { before: "SMTP STARTTLS", preface: SMTP, client: startTls("smtp"), tshark: "smtp" },
  { before: "SMTP STARTTLS", preface: SMTP, client: startTls("lmtp"), tshark: "smtp" },
  {
    before: "IMAP STARTTLS",
    preface: {
      greeting: "* OK ready\r\n",
      steps: [
        [/CAPABILITY\r\n/, "* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done\r\n"],
        [/STARTTLS\r\n/, ". OK begin\r\n"],
      ],
    },
    client: startTls("imap"),
    tshark: "imap",
  },
  {
    before: "POP3 STLS",
    preface: { greeting: "+OK ready\r\n", steps: [[/STLS\r\n/, "+OK begin\r\n"]] },
    client: startTls("pop3"),
    tshark: "pop",
  },
  {
    before: "FTP AUTH TLS",
    preface: {
      greeting: "220-welcome\r\n220 to us\r\n",
      steps: [[/AUTH TLS\r\n/, "234 go\r\n"]],
    },
    client: startTls("ftp"),
    tshark: "ftp",
  },
  {
    before: "XMPP STARTTLS",
    preface: {
      steps: [
        [
          /<stream:stream[^>]*>/,
          "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' " +
            `version='1.0'><stream:features><starttls xmlns='${XMPP}'/></stream:features>`,
        ],
        [/<starttls[^>]*>/, `<proceed xmlns='${XMPP}'/>`],
      ],
    },
    client: startTls("xmpp"),
    tshark: "xmpp",
  },
  {
    before: "LDAP StartTLS",
    preface: {
      steps: [[/1\.3\.6\.1\.4\.1\.1466\.20037/, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"]],
    },
    client: startTls("ldap"),
    tshark: "ldap",
  },
  {
    before: "PostgreSQL SSLRequest",
    preface: { steps: [[/^[\s\S]{8}$/, "S"]] },
    client: startTls("postgres"),
    tshark: "pgsql",
  },
  {
    before: "MySQL SSLRequest",
    preface: { greeting: MYSQL_GREETING, steps: [[/^[\s\S]{36}/, ""]] },
    client: startTls("mysql"),
    tshark: "mysql",
  },
  {
    before: "HTTP CONNECT",
    preface: { steps: [[/CONNECT [\s\S]*\r\n\r\n/, "HTTP/1.1 200 Connection established\r\n\r\n"]] },
    client: curl("-x", "http://127.0.0.1:PORT", "https://name.test/"),
    tshark: "http",
  },
  {
    before: "SOCKS4",
    preface: { steps: [[/name\.test[\s\S]$/, "\0\x5a\0\0\0\0\0\0"]] },
    client: curl("-x", "socks4a://127.0.0.1:PORT", "https://name.test/"),
    tshark: "socks",
  },
  {
    before: "SOCKS5",
    preface: {
      steps: [
        [/^[\s\S]{3,}$/, "\x05\0"],
        [/name\.test[\s\S]{2}$/, "\x05\0\0\x01\0\0\0\0\0\0"],
      ],
    },
    client: curl("-x", "socks5h://127.0.0.1:PORT", "https://name.test/"),
  },
  {
    before: "PROXY v1",
    preface: { steps: [[/^PROXY [^\n]*\n/, ""]] },
    client: curl("--haproxy-protocol", "https://127.0.0.1:PORT/"),
  },
];

interface Read {
  readonly before: readonly string[];
  /** `FRAME TYPE`, of the handshake messages that are clear. */
  readonly messages: readonly string[];
}

/** What is found in each connection of a capture. */
function readAll(file: string): readonly Read[] {
  const found: { preface: BeforeTls; messages: string[] }[] = [];
  const open = new Map<Connection, (typeof found)[number]>();
  let packet = 0;
  const begin = (): (typeof found)[number] => {
    const messages: string[] = [];
    const observer = new HandshakeObserver({
      connection: "",
      now: () => 0,
      packet: () => packet,
      onMessage: ({ contentType, messageType, packet: frame }) => {
        if (contentType === CONTENT_TYPE.handshake) messages.push(`${frame} ${messageType}`);
      },
    });
    const preface = new BeforeTls(false, {
      data: (sender, bytes) => (sender === "client" ? observer.read(bytes) : observer.wrote(bytes)),
      gap: () => assert.fail("nothing is missing"),
    });
    return { preface, messages };
  };
  for (const event of readStreams(readCapture(readFileSync(file)))) {
    packet = event.packet;
    const one = open.get(event.connection) ?? begin();
    if (!open.has(event.connection)) found.push(one);
    open.set(event.connection, one);
    if (event.kind === "data") one.preface.data(event.sender, event.bytes);
    else if (event.kind === "close") one.preface.end();
  }
  return found.map(({ preface, messages }) => ({ before: preface.before, messages }));
}

/** Whether the messages that are clear are there, of each connection. */
function isWhole(found: readonly Read[]): boolean {
  return found.length === CASES.length && found.every(({ messages }) => messages.length >= 4);
}

describe("TLS behind what real programs say first", { timeout: FILE_PATIENCE_MS }, () => {
  it(
    "is found in the packets in which tshark finds it, which is told where to look",
    { skip: missing("tshark") || cannotCapture("tcpdump") },
    async () => {
      const file = join(temporaryFolder(), "prefaces.pcap");
      await using server = await PrefaceServer.listen();
      const capture = await LoopbackCapture.begin("tcpdump", file, server.port, ["--immediate-mode"]);
      for (const { preface, client } of CASES) {
        server.current = preface;
        const [program = "", ...args] = client(server.port);
        await runToEnd(program, args, { input: "x\n" });
      }
      // What tcpdump has not read by the time it is told to end is lost.
      await until(() => isWhole(readAll(file)));
      await capture.end();
      const found = readAll(file);
      assert.deepEqual(
        found.map(({ before }) => before),
        CASES.map(({ before }) => [before]),
      );
      assert.ok(isWhole(found));
      for (const [stream, { tshark, before }] of CASES.entries()) {
        if (tshark === undefined) continue;
        const rows = await tsharkFields(
          file,
          `tcp.stream==${stream} && tls.handshake.type`,
          ["frame.number", "tls.handshake.type"],
          ["-d", `tcp.port==${server.port},${tshark}`],
        );
        const theirs = rows.flatMap(([frame, types = ""]) =>
          types.split(",").map((type) => `${frame} ${type}`),
        );
        assert.ok(theirs.length >= 4, `${before}: tshark finds ${theirs.join()}`);
        assert.deepEqual(found[stream]?.messages, theirs, before);
      }
    },
  );
});
