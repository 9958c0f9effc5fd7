import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConnectionSummary } from "../../../../src/cli/trace/formats/connection-summary.ts";
import type { HandshakeMessage } from "../../../../src/tls/messages/handshake-message.ts";
import type { TraceProblem } from "../../../../src/tls/observer/trace-message.ts";
import { readClientHello, readServerHello } from "../../../tls/observer/support/hellos.ts";

const [TLS_1_2, TLS_1_3] = [0x0303, 0x0304] as const;
const SESSION = new Uint8Array(32).fill(5);

function summary(): ConnectionSummary {
  return new ConnectionSummary({ side: "server" });
}

function hear(into: ConnectionSummary, parsed: HandshakeMessage): void {
  into.message({
    connection: "1",
    direction: "read",
    version: "TLSv1.2",
    contentType: 22,
    messageType: parsed.type,
    data: new Uint8Array(),
    time: 0,
    parsed,
  });
}

function hearClient(into: ConnectionSummary, over: Parameters<typeof readClientHello>[0] = {}): void {
  hear(into, { name: "client_hello", type: 1, message: readClientHello(over) });
}

function hearServer(into: ConnectionSummary, ...hello: Parameters<typeof readServerHello>): void {
  hear(into, { name: "server_hello", type: 2, message: readServerHello(...hello) });
}

const problem = (kind: TraceProblem["kind"], message: string): TraceProblem => ({
  connection: "1",
  direction: "read",
  time: 0,
  kind,
  message,
});

describe("what there is to say of a connection", () => {
  it("is when it began and when something happened last", () => {
    const said = summary();
    said.event({ kind: "open", timeMs: 5, packet: 1 });
    said.event({ kind: "data", sender: "client", bytes: new Uint8Array(3), timeMs: 7, packet: 4 });
    said.event({ kind: "data", sender: "client", bytes: new Uint8Array(4) });
    assert.deepEqual([said.startMs, said.startPacket, said.timeMs, said.packet], [5, 1, 7, 4]);
    assert.equal(said.sent.client.bytes, 7);
  });

  it("is who ended it first, and how", () => {
    const said = summary();
    said.event({ kind: "finish", sender: "server" });
    said.event({ kind: "reset", sender: "client" });
    assert.deepEqual(said.end, { how: "closed", by: "server" });
  });

  it("is that one side alone was captured, when the other is known to have sent something", () => {
    const said = summary();
    assert.equal(said.oneSided, undefined);
    said.event({ kind: "data", sender: "client", bytes: new Uint8Array(1) });
    assert.equal(said.oneSided, undefined);
    said.event({ kind: "gap", sender: "server", length: 100 });
    said.event({ kind: "gap", sender: "server", length: 20 });
    assert.equal(said.oneSided, "client");
    assert.deepEqual(said.sent.server, { bytes: 0, gaps: 2, missing: 120 });
    said.event({ kind: "data", sender: "server", bytes: new Uint8Array(1) });
    assert.equal(said.oneSided, undefined);
  });

  it("is what the client asked for first, without what means nothing", () => {
    const said = summary();
    hearClient(said, { serverName: "a.example", supportedVersions: [0x0a0a, TLS_1_3, TLS_1_2] });
    hearClient(said, { serverName: "b.example" });
    assert.deepEqual(said.offered, { serverName: "a.example", versions: ["TLSv1.3", "TLSv1.2"], alpn: null });
  });

  it("is what the server chose, and not what it asked to be asked again", () => {
    const said = summary();
    hearServer(said, TLS_1_3, { isHelloRetryRequest: true });
    assert.equal(said.version, null);
    hearServer(said, TLS_1_3, {
      keyShare: { group: 0x001d, keyExchange: new Uint8Array() },
      cipherSuite: 0xfefe,
    });
    assert.deepEqual([said.version, said.suite, said.group], ["TLSv1.3", "0xfefe", "x25519"]);
    hear(said, {
      name: "encrypted_extensions",
      type: 8,
      message: { extensions: [], alpnProtocol: "h2" },
    });
    assert.equal(said.alpn, "h2");
  });

  it("is whether a session was taken up: in TLS 1.3 by a key, before that by its id, if there is one", () => {
    for (const [version, asked, answered, isResumed] of [
      [TLS_1_3, {}, { selectedIdentity: 0 }, true],
      [TLS_1_3, { sessionId: SESSION }, { sessionId: SESSION }, false],
      [TLS_1_2, { sessionId: SESSION }, { sessionId: SESSION }, true],
      [TLS_1_2, { sessionId: SESSION }, { sessionId: new Uint8Array(32) }, false],
      [TLS_1_2, { sessionId: new Uint8Array() }, { sessionId: new Uint8Array() }, false],
    ] as const) {
      const said = summary();
      hearClient(said, asked);
      hearServer(said, version, answered);
      assert.equal(said.isResumed, isResumed);
    }
    const unasked = summary();
    hearServer(unasked, TLS_1_2, { sessionId: SESSION });
    assert.equal(unasked.isResumed, false);
  });

  it("is sixteen problems at most, and why not all was decrypted, however many came before", () => {
    const said = summary();
    for (let count = 0; count < 20; count++) said.problem(problem("truncated", "bytes are missing"));
    said.problem(problem("unread", "TLS 1.1"));
    said.problem(problem("undecryptable", "no secret"));
    assert.equal(said.problems.length, 16);
    assert.equal(said.notDecrypted, "TLS 1.1");
  });
});
