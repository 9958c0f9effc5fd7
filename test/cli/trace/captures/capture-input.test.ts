import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Connection } from "../../../../src/capture/tcp/connection.ts";
import { readCapture, readStreams } from "../../../capture/support/read-capture.ts";
import { recogniseFile } from "../../../../src/cli/trace/captures/file-kind.ts";
import { isHandclaspError } from "../../../../src/errors.ts";
import {
  PcapngRecorder,
  type RecordedConnection,
} from "../../../../src/capture/recording/pcapng-recorder.ts";
import { FileBuilder } from "../../../capture/support/capture-files.ts";
import { recordHandshakes } from "../../support/record-handshakes.ts";
import { Home, MAIN, type RunResult, runToEnd } from "../../support/serve.ts";
import { makeClient } from "../../support/tls-clients.ts";
import { FILE_PATIENCE_MS } from "../../../support/patience.ts";

const SECRETS_BLOCK = 10;
const ETHERNET = 1;
const USBPCAP = 249;

/** The blocks of a pcapng file in our byte order. */
function blocksOf(file: Buffer): readonly Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const length = file.readUInt32LE(at + 4);
    blocks.push(file.subarray(at, at + length));
    at += length;
  }
  return blocks;
}

/** The lines of a trace without their times. */
function messagesOf(lines: string): readonly string[] {
  return lines.split("\n").map((line) => line.replace(/"time":"[^"]*"/, ""));
}

/** Not of a line that tells of the connection as a whole. */
function isOfMessage(line: string): boolean {
  return !line.startsWith('{"type":');
}

/** A capture of that many connections, in each of which a client says the same and leaves. */
function manyHellos(hello: Uint8Array, count: number): Buffer {
  const blocks: Uint8Array[] = [];
  const recorder = new PcapngRecorder((block) => blocks.push(block));
  for (let index = 0; index < count; index++) {
    const client = { address: `10.0.${index >> 8}.${index & 255}`, port: 50_000 };
    const recorded = recorder.open(client, { address: "192.0.2.1", port: 443 }, index);
    recorded.data("client", index, hello);
    recorded.finish("client", index);
    recorded.finish("server", index);
  }
  return Buffer.concat(blocks);
}

describe("trace read, by where the capture comes from", { timeout: FILE_PATIENCE_MS }, () => {
  const home = new Home();
  const plain = home.path("plain.pcapng");
  let file: Buffer;
  let expected: string;

  before(async () => {
    const client = await makeClient(home, "ada");
    await recordHandshakes(home, plain, client);
    file = readFileSync(plain);
    expected = (await home.run(["trace", "read", plain, "--format", "jsonl"])).stdout;
    assert.ok(expected.length > 1000);
  });

  after(() => home[Symbol.dispose]());

  async function readStdin(bytes: Uint8Array, ...more: readonly string[]): Promise<RunResult> {
    const path = home.path("for-stdin");
    writeFileSync(path, bytes);
    const child = spawn(process.execPath, [MAIN, "trace", "read", "-", "--format", "jsonl", ...more], {
      env: home.environment,
    });
    createReadStream(path).pipe(child.stdin);
    child.stdin.on("error", () => undefined);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = (await once(child, "close")) as [number];
    return { code, stdout, stderr };
  }

  function shell(script: string): Promise<RunResult> {
    const ours = `handclasp() { "${process.execPath}" "${MAIN}" "$@"; }; set -o pipefail; ${script}`;
    return runToEnd("bash", ["-c", ours], { environment: home.environment });
  }

  it("reads gzip, several members of it, and zstd, by their first bytes", async () => {
    const half = file.length >> 1;
    for (const [name, bytes] of [
      ["gzip", gzipSync(file)],
      ["members", Buffer.concat([gzipSync(file.subarray(0, half)), gzipSync(file.subarray(half))])],
      ["zstd", zstdCompressSync(file)],
      [
        "frames",
        Buffer.concat([zstdCompressSync(file.subarray(0, half)), zstdCompressSync(file.subarray(half))]),
      ],
    ] as const) {
      const path = home.path(`compressed-${name}`);
      writeFileSync(path, bytes);
      const { code, stdout, stderr } = await home.run(["trace", "read", path, "--format", "jsonl"]);
      assert.equal(code, 0, stderr);
      assert.ok(stdout === expected, name);
      const piped = await readStdin(bytes);
      assert.ok(piped.stdout === expected, name);
    }
  });

  it("reads stdin, be it a pipe or a file, and a pipe that has a name", async () => {
    assert.ok((await readStdin(file)).stdout === expected);
    assert.ok((await shell(`handclasp trace read - --format jsonl < "${plain}"`)).stdout === expected);
    const pipe = home.path("pipe");
    execFileSync("mkfifo", [pipe]);
    const script = `cat "${plain}" > "${pipe}" & handclasp trace read "${pipe}" --format jsonl`;
    assert.ok((await shell(script)).stdout === expected);
    const twice = await home.run(["trace", "read", "-", "-"]);
    assert.equal(twice.code, 1);
    assert.match(twice.stderr, /stdin \(-\) can be read once only/);
  });

  it("uses secrets that stand behind the packets; from a pipe, for connections that are still open", async () => {
    const blocks = blocksOf(file);
    const secrets = blocks.filter((block) => block.readUInt32LE(0) === SECRETS_BLOCK);
    const others = blocks.filter((block) => block.readUInt32LE(0) !== SECRETS_BLOCK);
    assert.ok(secrets.length > 0);
    const late = Buffer.concat([...others, ...secrets]);
    const path = home.path("late.pcapng");
    writeFileSync(path, late);
    assert.ok((await home.run(["trace", "read", path, "--format", "jsonl"])).stdout === expected);
    assert.ok((await shell(`handclasp trace read - --format jsonl < "${path}"`)).stdout === expected);

    const closed: Uint8Array[] = [];
    const recorder = new PcapngRecorder((block) => closed.push(block));
    const recordings = new Map<Connection, RecordedConnection>();
    for (const event of readStreams(readCapture(file))) {
      const { connection, kind } = event;
      const recorded = recordings.get(connection) ?? recorder.open(connection.client, connection.server, 0);
      recordings.set(connection, recorded);
      if (kind === "data") recorded.data(event.sender, 0, event.bytes);
      if (kind === "close") for (const side of ["client", "server"] as const) recorded.finish(side, 0);
    }
    const piped = await readStdin(Buffer.concat([...closed, ...secrets]));
    assert.match(
      piped.stderr,
      /2 connections ended before secrets came: what comes through a pipe is read once/,
    );
    const inTime = Buffer.concat([...others.slice(0, 7), ...secrets, ...others.slice(7)]);
    const inTimeRead = messagesOf((await readStdin(inTime)).stdout).toSorted();
    assert.ok(inTimeRead.join() === messagesOf(expected).toSorted().join());
  });

  it("reads several files as one capture, in which a connection goes on in the next one", async () => {
    const [section, ethernet, ...packets] = blocksOf(file);
    assert.ok(section !== undefined && ethernet !== undefined);
    const parts = [packets.slice(0, 9), packets.slice(9)].map((part, index) => {
      const path = home.path(`part-${index}.pcapng${index === 0 ? "" : ".gz"}`);
      const bytes = Buffer.concat([section, ethernet, ...part]);
      writeFileSync(path, index === 0 ? bytes : gzipSync(bytes));
      return path;
    });
    const { stdout, stderr } = await home.run(["trace", "read", ...parts, "--format", "jsonl"]);
    assert.ok(stdout === expected);
    assert.match(stderr, /, 2 TCP connections, 2 of them with TLS/);
  });

  it("shows what comes before the place where a compressed file is cut or damaged", async () => {
    const cut = home.path("cut.gz");
    writeFileSync(cut, gzipSync(file).subarray(0, -12));
    const truncated = await home.run(["trace", "read", cut, "--format", "jsonl"]);
    assert.equal(truncated.code, 0);
    assert.ok(truncated.stdout.length > 1000);
    // Of the connection that was cut the end is another one.
    const [shown, whole] = [truncated.stdout, expected].map((text) =>
      messagesOf(text).filter(isOfMessage).join(),
    );
    assert.ok(whole?.startsWith(shown ?? "nothing"));
    assert.match(truncated.stderr, /^warning: .*cut\.gz is truncated: its gzip has no end/m);
    const damaged = gzipSync(file);
    damaged.fill(0xff, damaged.length - 8);
    const outcome = await readStdin(damaged);
    assert.equal(outcome.code, 1);
    assert.ok(outcome.stdout === expected);
    assert.match(outcome.stderr, /^error: stdin is damaged: gzip: incorrect data check/m);
  });

  it("names what is no capture, and what to do about it", async () => {
    for (const [bytes, said] of [
      ["", /is empty \(0 bytes\), neither a pcap nor a pcapng file/],
      ["abc", /is only 3 bytes long/],
      ["\xfd7zXZ\0\0\x04", /is compressed by xz, .*\nhint: xz -dc FILE \| handclasp trace read -/s],
      ["\x04\x22\x4d\x18d@\xa7", /is compressed by lz4, .*\nhint: lz4 -dc FILE \| handclasp trace read -/s],
      ["BZh91AY&SY", /is compressed by bzip2/],
      [`CLIENT_RANDOM ${"ab".repeat(32)} ${"cd".repeat(48)}\n`, /is a key log, .*\nhint: .*--keylog FILE/s],
      ["snoop\0\0\0\0\0\0\x02\0\0\0\x04", /is a snoop file, .*\nhint: .*editcap -F pcapng FILE -/s],
      ["-----BEGIN CERTIFICATE-----\n", /is a PEM file/],
      ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", /is text/],
      ["\x01\x02\x03\x04\x05", /is of a kind that is not known/],
    ] as const) {
      assert.throws(
        () => recogniseFile("a file", Buffer.from(bytes, "latin1")),
        (error) => isHandclaspError(error) && said.test(`${error.message}\nhint: ${error.hint}`),
        String(said),
      );
    }
    for (const bytes of [Buffer.from(""), gzipSync(Buffer.from(""))]) {
      const path = home.path("empty");
      writeFileSync(path, bytes);
      for (const outcome of [await home.run(["trace", "read", path]), await readStdin(bytes)]) {
        assert.equal(outcome.code, 1);
        assert.equal(outcome.stdout, "");
        assert.match(outcome.stderr, /^error: .* is empty \(0 bytes\), neither a pcap nor a pcapng file/);
        assert.doesNotMatch(outcome.stderr, /packets/);
      }
    }
    assert.match((await home.run(["trace", "read", home.folder])).stderr, /it is a folder/);
  });

  it("reads the other files when what comes through a pipe is no capture", async () => {
    const outcome = await readStdin(Buffer.from("nothing of the kind"), plain);
    assert.equal(outcome.code, 1);
    assert.ok(outcome.stdout === expected);
    assert.match(outcome.stderr, /^error: stdin is text/m);
  });

  it("counts and names on stderr what is left out", async () => {
    const capture = new FileBuilder(true).section();
    for (const linkType of [ETHERNET, USBPCAP, 147]) capture.interface(linkType);
    const arp = Buffer.from("02000000000102000000000208060001", "hex");
    for (const id of [0, 0, 1, 2]) capture.enhancedPacket(id, 1n, arp);
    const path = home.path("left-out.pcapng");
    writeFileSync(path, capture.bytes());
    const { code, stderr } = await home.run(["trace", "read", path]);
    assert.equal(code, 0);
    assert.match(stderr, /^left out: 2 ARP$/m);
    assert.match(stderr, /^warning: 1 packets of link type 249 \(LINKTYPE_USBPCAP\), .* were left out$/m);
    assert.match(stderr, /^warning: 1 packets of link type 147 \(LINKTYPE_USER0\), .* were left out$/m);
  });

  it("waits for a slow reader and loses nothing, and ends at once when nobody reads any more", async () => {
    const hello = [...readStreams(readCapture(file))].find(({ kind }) => kind === "data");
    assert.ok(hello?.kind === "data");
    const many = home.path("many.pcapng");
    writeFileSync(many, manyHellos(hello.bytes, 5_000));
    const counted = await shell(`handclasp trace read "${many}" --format jsonl | (sleep 1; wc -l)`);
    assert.equal(Number(counted.stdout), 20_000);
    const ours = spawn(process.execPath, [MAIN, "trace", "read", "-"], { env: home.environment });
    ours.stdin.on("error", () => undefined);
    ours.stdin.write(readFileSync(many));
    const [first] = (await once(ours.stdout, "data")) as [Buffer];
    assert.match(String(first), /^# connection 1: /);
    ours.stdout.destroy();
    let stderr = "";
    ours.stderr.on("data", (text: Buffer) => (stderr += String(text)));
    ours.stdin.write(readFileSync(many));
    assert.deepEqual(await once(ours, "close"), [0, null]);
    assert.equal(stderr, "");
  });
});
