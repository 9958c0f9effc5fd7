import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PcapngRecorder } from "../../../../src/capture/recording/pcapng-recorder.ts";
import { capturedWriters } from "../../../../src/cli/trace/captures/captured-writers.ts";
import { TraceWriter } from "../../../../src/cli/trace/formats/writer.ts";
import { recordHandshakes } from "../../support/record-handshakes.ts";
import { Home, startServer, until } from "../../support/serve.ts";
import { type ClientFiles, makeClient, openssl } from "../../support/tls-clients.ts";

type Line = Readonly<Record<string, unknown>>;

function parse(text: string): readonly Line[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** The fields that the reference gives to a kind of line. */
function documented(kind: string): readonly string[] {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/reference/trace.md"), "utf8");
  const [, table = ""] = page.split(`| field | of ${kind} |\n|---|---|\n`);
  const rows = table.split("\n\n", 1)[0] ?? "";
  return rows.split("\n").flatMap((row) => {
    const [, cell = ""] = row.split("|");
    return Array.from(cell.matchAll(/`(\w+)`/g), ([, name = ""]) => name);
  });
}

function keysOf(line: Line | undefined): readonly string[] {
  return Object.keys(line ?? {}).toSorted();
}

describe("trace --format jsonl", () => {
  const home = new Home();
  const recorded = home.path("recorded.pcapng");
  let client: ClientFiles;

  before(async () => {
    client = await makeClient(home, "ada");
    await recordHandshakes(home, recorded, client, ["-servername", "ada.example", "-alpn", "h2,http/1.1"]);
  });

  after(() => home[Symbol.dispose]());

  it("begins and ends each connection of a capture with a line, of the fields that are documented", async () => {
    const { stdout } = await home.run(["trace", "read", recorded, "--format", "jsonl", "--explain"]);
    const lines = parse(stdout);
    for (const connection of ["1", "2"]) {
      const own = lines.filter((line) => line["connection"] === connection);
      const [first, message] = own;
      const last = own.at(-1);
      assert.deepEqual(keysOf(first), documented("a connection").toSorted());
      assert.deepEqual(keysOf(message), documented("a message").toSorted());
      assert.deepEqual(keysOf(last), documented("an end").toSorted());
      assert.equal(own.filter((line) => "type" in line).length, 2);
      assert.partialDeepStrictEqual(first, {
        type: "connection",
        fromStart: true,
        before: [],
        sni: "ada.example",
        alpn: ["h2", "http/1.1"],
        version: null,
      });
      assert.match(String(first?.["ja4"]), /^t1[23]d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}$/);
      assert.partialDeepStrictEqual(last, {
        type: "connection-end",
        version: connection === "1" ? "TLSv1.3" : "TLSv1.2",
        resumed: false,
        by: "server",
        ended: "closed",
        missing: { client: { gaps: 0, bytes: 0 }, server: { gaps: 0, bytes: 0 } },
        notDecrypted: null,
        problems: [],
      });
      assert.match(String(last?.["suite"]), /^TLS_\w+$/);
      assert.match(String(last?.["group"]), /^\w+$/);
    }
  });

  it("has no date for a connection at a time that no calendar has", async () => {
    const capture = readFileSync(recorded);
    const section = capture.readUInt32LE(4);
    const description = capture.readUInt32LE(section + 4);
    for (const seconds of [2n ** 62n, -(2n ** 62n)]) {
      const file = home.path("timeless.pcapng");
      // The interface's description with if_tsoffset: pcapng §4.2.
      const block = Buffer.alloc(36);
      block.writeUInt32LE(1, 0);
      block.writeUInt32LE(block.length, 4);
      capture.copy(block, 8, section + 8, section + 16);
      block.writeUInt16LE(14, 16);
      block.writeUInt16LE(8, 18);
      block.writeBigInt64LE(seconds, 20);
      block.writeUInt32LE(block.length, 32);
      const rest = capture.subarray(section + description);
      writeFileSync(file, Buffer.concat([capture.subarray(0, section), block, rest]));
      for (const format of ["jsonl", "text", "listing"]) {
        const { stdout, code } = await home.run(["trace", "read", file, "--explain", "--format", format]);
        assert.equal(code, 0);
        if (format === "jsonl") assert.equal(parse(stdout)[0]?.["time"], null);
      }
    }
  });

  it("numbers messages by the packets that brought them", async () => {
    const { stdout } = await home.run(["trace", "read", recorded, "--format", "jsonl"]);
    const packets = parse(stdout)
      .filter((line) => line["connection"] === "1" && !("type" in line))
      .map((line) => Number(line["packet"]));
    assert.ok(packets.length > 10);
    // SYN, SYN with ACK, ACK.
    assert.equal(packets[0], 4);
    assert.deepEqual(
      packets,
      packets.toSorted((a, b) => a - b),
    );
  });

  it("says what is missing of each side, and that one of them was not captured at all", () => {
    const output = home.path("one-sided.jsonl");
    const end = { address: "192.0.2.1", port: 1 };
    {
      using writer = new TraceWriter({ format: "jsonl", output });
      const write = capturedWriters("jsonl", writer)({ id: "1", side: "server", client: end, server: end });
      write.event?.({ kind: "open", timeMs: 0, packet: 1 });
      write.event?.({ kind: "data", sender: "client", timeMs: 0, packet: 2, bytes: new Uint8Array(5) });
      for (const packet of [3, 4]) {
        write.event?.({ kind: "gap", sender: "server", timeMs: 0, packet, length: 100 });
      }
      write.event?.({ kind: "reset", sender: "server", timeMs: 1, packet: 9 });
      write.explained?.({ text: "So it was.", explanations: [] });
      write.end?.(false);
    }
    const [first, last] = parse(readFileSync(output, "utf8"));
    assert.partialDeepStrictEqual(first, { type: "connection", packet: 1, sni: null, ja4: null });
    assert.partialDeepStrictEqual(last, {
      packet: 9,
      ended: "reset",
      by: "server",
      bytes: { client: 5, server: 0 },
      missing: { client: { gaps: 0, bytes: 0 }, server: { gaps: 2, bytes: 200 } },
      oneSided: "client",
    });
  });

  it("keeps few of many problems, counts the others, and says all the same that not all was decrypted", async () => {
    const file = home.path("problems.pcapng");
    const blocks: Uint8Array[] = [];
    const recorder = new PcapngRecorder((block) => blocks.push(block));
    const ends = [
      { address: "192.0.2.1", port: 50_000 },
      { address: "192.0.2.2", port: 443 },
    ] as const;
    const talk = recorder.open(...ends, 0);
    // Empty ClientHellos, then what is encrypted after no ServerHello.
    const hellos = Buffer.alloc(400, Uint8Array.of(1, 0, 0, 0));
    talk.data("client", 0, Buffer.concat([Uint8Array.of(22, 3, 3, 400 >> 8, 400 & 0xff), hellos]));
    talk.data("client", 0, Uint8Array.of(20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 4, 9, 9, 9, 9));
    talk.finish("client", 0);
    talk.finish("server", 0);
    writeFileSync(file, Buffer.concat(blocks));
    const { stdout, stderr } = await home.run(["trace", "read", file, "--format", "jsonl"]);
    const last = parse(stdout).at(-1);
    assert.ok(Array.isArray(last?.["problems"]));
    assert.equal(last["problems"].length, 16);
    assert.match(String(last?.["notDecrypted"]), /without a ServerHello/);
    assert.equal(stderr.match(/connection 1, client, malformed/g)?.length, 64);
    assert.match(stderr, /^connection 1: 37 more problems$/m);
  });

  it("has the lines live, too, with the addresses and without packets", async () => {
    await using server = await startServer(home, ["trace", "listen", "--format", "jsonl"]);
    await openssl(server.port, client, "Ada\n", "-servername", "ada.example");
    const { connection, port } = await server.logged(({ event }) => event === "traced");
    await until(() => server.stdout.includes('"connection-end"'));
    const lines = parse(server.stdout);
    assert.partialDeepStrictEqual(lines[0], {
      type: "connection",
      connection,
      client: { address: "127.0.0.1", port },
      server: { address: "127.0.0.1", port: server.port },
      sni: "ada.example",
    });
    assert.partialDeepStrictEqual(lines.at(-1), {
      type: "connection-end",
      connection,
      version: "TLSv1.3",
      ended: "closed",
      by: "server",
    });
    assert.ok(lines.every((line) => !("packet" in line)));
  });

  it("explains as data, live and of what is no TLS, too", async () => {
    await using server = await startServer(home, ["trace", "listen", "--format", "jsonl", "--explain"]);
    const socket = net.connect(server.port, "127.0.0.1").resume();
    socket.on("error", () => undefined);
    socket.end("GET / HTTP/1.1\r\n\r\n");
    await until(() => server.stdout.includes('"connection-end"'));
    const [first, last] = parse(server.stdout).filter((line) => "type" in line);
    assert.partialDeepStrictEqual(first, { type: "connection", sni: null });
    const [explanation] = (last?.["explanation"] ?? []) as readonly Line[];
    assert.partialDeepStrictEqual(explanation, { rule: "plain-http-client" });
    assert.deepEqual(keysOf(explanation), ["certainty", "evidence", "remedies", "rule"]);
  });

  it("says of the client's side, too, who it was that ended the connection", async () => {
    await using server = await startServer(home, ["trace", "listen"]);
    const { stdout } = await home.run(["trace", "connect", server.address, "--format", "jsonl"]);
    const lines = parse(stdout);
    assert.partialDeepStrictEqual(lines[0], { type: "connection", server: { port: server.port } });
    assert.partialDeepStrictEqual(lines.at(-1), { type: "connection-end", version: "TLSv1.3", by: "client" });
  });
});
