import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import { capturedWriters } from "../../../../src/cli/trace/captures/captured-writers.ts";
import { TraceWriter } from "../../../../src/cli/trace/formats/writer.ts";
import { PcapngRecorder } from "../../../../src/capture/recording/pcapng-recorder.ts";
import { runHere } from "../../support/run-here.ts";
import { recordHandshakes } from "../../support/record-handshakes.ts";
import { Home, MAIN, runToEnd, startServer, until } from "../../support/serve.ts";
import { type ClientFiles, makeClient, openssl } from "../../support/tls-clients.ts";

/** The lines of a connection, without the time at their beginning. */
function timeless(text: string): readonly string[] {
  return text.split("\n").map((line) => line.replace(/^ *\d+\.\d{3} s /, ""));
}

/** Which of the lines begin so, in order. */
function assertInOrder(lines: readonly string[], expected: readonly RegExp[]): void {
  let at = -1;
  for (const line of expected) {
    const next = lines.findIndex((each, index) => index > at && line.test(each));
    assert.ok(next > at, `no ${line} after line ${at} of:\n${lines.join("\n")}`);
    at = next;
  }
}

const KEY = "key [A-Z2-7]{7}(?:-[A-Z2-7]{5,7})+";

describe("trace --format text", () => {
  const home = new Home();
  const recorded = home.path("recorded.pcapng");
  let client: ClientFiles;

  before(async () => {
    client = await makeClient(home, "ada");
    await recordHandshakes(home, recorded, client, ["-servername", "ada.example", "-alpn", "h2,http/1.1"]);
  });

  after(() => home[Symbol.dispose]());

  it("tells a handshake of TLS 1.3 so that it can be read: who, what, and what matters in it", async () => {
    const { stdout } = await runHere(home, ["trace", "read", recorded, "--format", "text"]);
    const [first = ""] = stdout.split("\n\n");
    assertInOrder(timeless(first), [
      /^connection 1: client 127\.0\.0\.1:\d+ → server 127\.0\.0\.1:\d+, \d{4}-\d\d-\d\dT[\d:.]+Z$/,
      /^ → ClientHello {11}TLS 1\.3, for "ada\.example"$/,
      /^ +cipher suites +TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256/,
      /^ +groups +\w+.*secp256r1/,
      /^ +key shares +\w+/,
      /^ +signatures +.*ecdsa_secp256r1_sha256/,
      /^ +protocols +h2, http\/1\.1$/,
      /^ ← ServerHello {11}TLS 1\.3, TLS_AES_256_GCM_SHA384, \w+$/,
      /^ ← EncryptedExtensions +encrypted/,
      /^ ← CertificateRequest +encrypted, of any authority$/,
      /^ ← Certificate +encrypted, 1 certificate$/,
      /^ ← CertificateVerify +encrypted, proves that it has the key, signed by ecdsa_secp256r1_sha256$/,
      /^ ← Finished +encrypted$/,
      /^ → Certificate +encrypted, 1 certificate$/,
      /^ +1 +CN=ada$/,
      /^ +valid from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d$/,
      new RegExp(`^ +${KEY}, P-256$`),
      /^ +signed by itself, ecdsa-with-SHA256$/,
      /^ → Finished +encrypted$/,
      /^ → application data +encrypted$/,
      /^ ← application data +encrypted$/,
      /^ ← Alert +encrypted, warning, close_notify \(0\): sends nothing more$/,
      /^ · closed by the server +the client sent [\d.]+ \w+, the server [\d.]+ \w+$/,
    ]);
    // It may cross what the client says.
    assert.match(timeless(first).join("\n"), /^ ← NewSessionTicket +encrypted, valid for 2 hours$/m);
  });

  it("tells in TLS 1.2 from where on all is encrypted", async () => {
    const { stdout } = await runHere(home, ["trace", "read", recorded, "--format", "text"]);
    const [, second = ""] = stdout.split("\n\n");
    assertInOrder(timeless(second), [
      /^connection 2: /,
      /^ → ClientHello +up to TLS 1\.2, for "ada\.example"$/,
      /^ ← ServerHello +TLS 1\.2, TLS_ECDHE_ECDSA_WITH_\w+$/,
      /^ ← Certificate +1 certificate$/,
      /^ ← ServerKeyExchange +\w+, signed by \w+$/,
      /^ ← CertificateRequest +of any authority$/,
      /^ ← ServerHelloDone$/,
      /^ → ChangeCipherSpec +what follows is encrypted$/,
      /^ → Finished +encrypted$/,
      /^ ← Finished +encrypted$/,
      /^ → application data +encrypted$/,
    ]);
  });

  it("says what could not be read, and explains below", async () => {
    const keyless = home.path("keyless.pcapng");
    const blocks: Uint8Array[] = [];
    const recorder = new PcapngRecorder((block) => blocks.push(block));
    const at = { address: "192.0.2.1", port: 50_000 };
    const recording = recorder.open(at, { address: "192.0.2.2", port: 443 }, 0);
    recording.data("client", 1, Buffer.from("\u001b]0;x\u0007 no TLS"));
    recording.finish("client", 2);
    recording.flush();
    writeFileSync(keyless, Buffer.concat(blocks));
    const silent = await runHere(home, ["trace", "read", keyless, "--format", "text"]);
    assert.equal(silent.stdout, "");
    const { stdout } = await runHere(home, ["trace", "read", keyless, "--format", "text", "--explain"]);
    assertInOrder(timeless(stdout), [
      /^connection 1: client 192\.0\.2\.1:50000 → server 192\.0\.2\.2:443, 1970-01-01T00:00:00\.000Z$/,
      /^ → \(malformed\) /,
      /^ · closed by the client +the client sent 13 bytes, the server 0 bytes$/,
      /^ {5}One side speaks no TLS\. The client began with /,
    ]);
    assert.doesNotMatch(stdout, /(?!\n)\p{Cc}/u);
  });

  it("shows no control characters of anybody, and names them", () => {
    const output = home.path("hostile.txt");
    const writer = new TraceWriter({ format: "text", output });
    const end = { address: "192.0.2.1", port: 1 };
    const write = capturedWriters("text", writer)({ id: "1", side: "server", client: end, server: end });
    write.event?.({ kind: "open", timeMs: 0, packet: 1 });
    write.preface?.({
      before: ["SMTP STARTTLS"],
      refusal: { name: "SMTP STARTTLS", answer: "454 \u001b[2J" },
    });
    write.explained?.({ text: "So it was.", explanations: [] });
    write.end?.(false);
    writer[Symbol.dispose]();
    const [heading, closing] = timeless(readFileSync(output, "utf8"));
    assert.match(heading ?? "", /, behind SMTP STARTTLS$/);
    assert.match(
      closing ?? "",
      /its end was not seen +the server refused to begin TLS: "454 \\u\{1b\}\[2J", /,
    );
  });

  it("says live which connection goes on when they are mingled, and that one said nothing", async () => {
    await using server = await startServer(home, ["trace", "listen", "--format", "text"]);
    const lingering = openssl(server.port, client, "", "-quiet").catch(() => undefined);
    const { connection: first } = await server.logged(({ event }) => event === "traced");
    await until(() => server.stdout.includes("NewSessionTicket"));
    const silent = net.connect(server.port, "127.0.0.1");
    const { connection: second } = await server.logged(
      ({ event, connection }) => event === "traced" && connection !== first,
    );
    silent.resetAndDestroy();
    await until(() => / by the client /.test(server.stdout));
    await server.stop();
    await lingering;
    assertInOrder(timeless(server.stdout), [
      new RegExp(
        `^connection ${String(first)}: client 127\\.0\\.0\\.1:\\d+ → server 127\\.0\\.0\\.1:${server.port}, `,
      ),
      /^ → ClientHello /,
      / NewSessionTicket /,
      new RegExp(`^connection ${String(second)}: `),
      /^ · (?:closed|reset) by the client +the client sent 0 bytes, the server 0 bytes$/,
      new RegExp(`^connection ${String(first)} goes on$`),
      / the client sent [\d.]+ \w+, the server [\d.]+ \w+$/,
    ]);
  });

  it("is what a terminal gets unless told otherwise, and a pipe or a file gets the listing", async () => {
    const piped = await runHere(home, ["trace", "read", recorded]);
    assert.match(piped.stdout, /^# connection 1: /);
    const toFile = home.path("listing.txt");
    for (const [flags, expected] of [
      [[], /^connection 1: client /m],
      [["--format", "listing"], /^# connection 1: /m],
      [["--output", toFile], /^\d+ packets/m],
    ] as const) {
      const { stdout } = await onTerminal(["trace", "read", recorded, ...flags]);
      assert.match(stdout, expected);
    }
    assert.match(readFileSync(toFile, "utf8"), /^# connection 1: /);
  });
});

/** With a terminal as its stdout. */
function onTerminal(args: readonly string[]): Promise<{ readonly stdout: string }> {
  const command = [process.execPath, MAIN, ...args];
  const script = "import pty, sys\nsys.exit(pty.spawn(sys.argv[1:]) >> 8)";
  return runToEnd("python3", ["-c", script, ...command]);
}
