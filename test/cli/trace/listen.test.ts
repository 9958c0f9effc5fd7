import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import { missing, tsharkFields } from "../../capture/support/programs.ts";
import { runHere } from "../support/run-here.ts";
import { Home, type RunningServer, startServe, startServer, until } from "../support/serve.ts";
import { makeClient, openssl, python } from "../support/tls-clients.ts";

/** The last handshake message of a full handshake, in the listing. */
const FINISHED = "content_type=<_TLSContentType.HANDSHAKE: 22>\t\tmsg_type=<_TLSMessageType.FINISHED: 20>";
const CERTIFICATE =
  "content_type=<_TLSContentType.HANDSHAKE: 22>\t\tmsg_type=<_TLSMessageType.CERTIFICATE: 11>";

const FIELDS = [
  "connection",
  "time",
  "direction",
  "version",
  "contentType",
  "contentTypeCode",
  "messageType",
  "messageTypeCode",
  "length",
  "data",
];

interface JsonLine {
  readonly connection: string;
  readonly time: string;
  readonly direction: string;
  readonly version: string;
  readonly contentTypeCode: number;
  readonly messageType: string | null;
  readonly length: number;
  readonly data: string;
}

/** The lines that are whole: of what a process prints, the last one may not be so yet. */
function wholeLines(text: string): readonly string[] {
  return text.split("\n").slice(0, -1);
}

/** Those of messages; what else there is of a connection has a type. */
function jsonLines(text: string): readonly JsonLine[] {
  return wholeLines(text)
    .map((line) => JSON.parse(line) as JsonLine)
    .filter((line) => !("type" in line));
}

function count(text: string, line: string): number {
  return text.split("\n").filter((each) => each === line).length;
}

describe("trace listen", () => {
  for (const flag of ["-tls1_3", "-tls1_2"]) {
    it(`greets openssl and lists its handshake, the client's certificate too (${flag})`, async () => {
      using home = new Home();
      await using server = await startServer(home, ["trace", "listen"]);
      const client = await makeClient(home, "ada");
      const outcome = await openssl(server.port, client, "Ada\n", flag);
      assert.match(outcome.stdout, /Hello, Ada/);
      await until(() => count(server.stdout, FINISHED) === 2 && count(server.stdout, CERTIFICATE) === 2);
      for (const line of wholeLines(server.stdout)) {
        assert.match(
          line,
          /^content_type=<_TLSContentType\.[A-Z_]+: \d+>\t\tmsg_type=<_TLS\w+\.[A-Z_]+: \d+>$/,
        );
      }
    });
  }

  it("takes python, and prints its handshake as openssl does", async () => {
    using home = new Home();
    await using server = await startServer(home, ["trace", "listen", "--format", "openssl"]);
    const client = await makeClient(home, "ada");
    assert.equal((await python(server.port, client, "Ada\n")).stdout, "Hello, Ada");
    await until(() => server.stdout.includes("<<< TLS 1.3, Handshake [length 0034], Finished\n"));
    assert.match(server.stdout, /^<<< TLS 1\.3, Handshake \[length [0-9a-f]{4}\], ClientHello\n    01 /m);
    assert.match(
      server.stdout,
      /^>>> TLS 1\.3, Handshake \[length [0-9a-f]{4}\], EncryptedExtensions\n    08 /m,
    );
  });

  it("writes to a file that is ours alone, and ends with open connections", async () => {
    using home = new Home();
    const file = home.path("trace.txt");
    const server = await startServer(home, ["trace", "listen", "--max-tls", "1.2", "--output", file]);
    await connectAndLinger(home, server);
    await until(() => count(readFileSync(file, "utf8"), FINISHED) === 2);
    assert.equal(await server.stop(), 0);
    assert.equal(server.stdout, "");
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("records what tshark opens decrypted", { skip: missing("tshark") }, async () => {
    using home = new Home();
    const file = home.path("trace.pcapng");
    const server = await startServer(home, ["trace", "listen", "--format", "pcapng", "--output", file]);
    const client = await makeClient(home, "ada");
    for (const flag of ["-tls1_3", "-tls1_2"]) await openssl(server.port, client, "Ada\n", flag);
    assert.equal(await server.stop(), 0);
    const rows = await tsharkFields(file, "tls.handshake", ["tcp.stream", "tls.handshake.type"]);
    const types = (stream: string): string =>
      rows.flatMap(([of, type]) => (of === stream ? [type] : [])).join();
    assert.equal(types("0"), "1,2,8,13,11,15,20,11,15,20,4,4");
    assert.equal(types("1"), "1,2,11,12,13,14,11,16,15,20,4,20");
  });

  it("refuses half an identity, and a file that cannot be written", async () => {
    using home = new Home();
    assert.equal((await runHere(home, ["trace", "listen", "--cert", "x.pem"])).code, 2);
    const { code, stderr } = await runHere(home, ["trace", "listen", "--output", home.path("no", "file")]);
    assert.equal(code, 1);
    assert.match(stderr, /^error: cannot write .*ENOENT/m);
  });
});

/** A client that says nothing and does not leave. */
async function connectAndLinger(home: Home, server: RunningServer): Promise<void> {
  const client = await makeClient(home, "ada");
  void openssl(server.port, client, "", "-quiet").catch(() => undefined);
  await server.logged(({ event }) => event === "traced");
}

describe("serve --trace", () => {
  it("prints JSON lines with just the fields that are documented, under the id that the log has", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--trace=jsonl"]);
    const client = await makeClient(home, "ada");
    await openssl(server.port, client, "Ada\n");
    const met = await server.logged(({ event }) => event === "met");
    await until(() => server.stdout.includes('"close_notify"'));
    const lines = jsonLines(server.stdout);
    for (const line of lines) {
      assert.deepEqual(Object.keys(line), FIELDS);
      assert.equal(line.connection, met["connection"]);
      assert.equal(line.time, new Date(line.time).toISOString());
      assert.equal(line.length, line.data.length / 2);
      assert.ok(line.contentTypeCode !== 256 || line.length === 5);
    }
    const shown = lines.find((line) => line.direction === "read" && line.messageType === "certificate");
    const der = Buffer.from(client.pem.replaceAll(/-----.*-----|\s/g, ""), "base64").toString("hex");
    assert.equal(shown?.data.includes(der), true);
    assert.equal(shown?.version, "TLSv1.3");
  });

  it("shows the alert of a refusal, and lists when no format is named", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--trace", "--first-use", "refuse"]);
    const client = await makeClient(home, "eve");
    const outcome = await openssl(server.port, client, "Eve\n");
    assert.match(outcome.stderr, /SSL alert number 48/);
    await until(() =>
      server.stdout.includes(
        "content_type=<_TLSContentType.ALERT: 21>\t\tmsg_type=<_TLSAlertType.UNKNOWN_CA: 48>",
      ),
    );
  });

  it("takes no other format, and no certificates beside bytes", async () => {
    using home = new Home();
    assert.equal((await runHere(home, ["serve", "--trace=xml"])).code, 2);
    assert.equal((await runHere(home, ["serve", "--trace=pcapng", "--print-certificate"])).code, 2);
  });
});

describe("trace connect", () => {
  it("lists the handshake as the client sees it", async () => {
    using home = new Home();
    await using server = await startServe(home);
    for (const version of ["1.3", "1.2"]) {
      const { code, stdout } = await runHere(home, [
        "trace",
        "connect",
        server.address,
        "--max-tls",
        version,
        "--format",
        "jsonl",
      ]);
      assert.equal(code, 0);
      const [first, hello] = jsonLines(stdout);
      assert.equal(first?.direction, "write");
      assert.partialDeepStrictEqual(hello, { direction: "write", messageType: "client_hello" });
      const finished = jsonLines(stdout).filter(({ messageType }) => messageType === "finished");
      assert.deepEqual(new Set(finished.map(({ direction }) => direction)), new Set(["read", "write"]));
    }
  });

  it("lists the alert of a server that refuses us, and exits 1", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    const { code, stdout, stderr } = await runHere(home, ["trace", "connect", server.address]);
    assert.equal(code, 1);
    assert.match(stdout, /msg_type=<_TLSAlertType\.UNKNOWN_CA: 48>/);
    assert.match(stderr, /^error: refused by the server: unknown_ca \(alert 48\)/m);
  });

  it("records what tshark opens decrypted", { skip: missing("tshark") }, async () => {
    using home = new Home();
    await using server = await startServe(home);
    const file = home.path("connect.pcapng");
    await runHere(home, ["trace", "connect", server.address, "--format", "pcapng", "--output", file]);
    const rows = await tsharkFields(file, "tls.handshake", ["tls.handshake.type"]);
    assert.match(rows.flat().join(), /^1,2,8,13,11,15,20,11,15,20,4,4$/);
  });

  it("says when nobody answers", async () => {
    using home = new Home();
    const { code, stderr } = await runHere(home, ["trace", "connect", "127.0.0.1:1"]);
    assert.equal(code, 1);
    assert.match(stderr, /^error: 127\.0\.0\.1:1: connect ECONNREFUSED/m);
  });
});
