import assert from "node:assert/strict";
import { appendFileSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import { cannotCapture, LoopbackCapture, missing, tsharkFields } from "../../capture/support/programs.ts";
import { runHere } from "../support/run-here.ts";
import { until } from "../../proxies/support/until.ts";
import { recordHandshakes } from "../support/record-handshakes.ts";
import { Home, startServer } from "../support/serve.ts";
import { type ClientFiles, makeClient, openssl } from "../support/tls-clients.ts";

const HANDSHAKE =
  /^content_type=<_TLSContentType\.HANDSHAKE: 22>\t\tmsg_type=<_TLSMessageType\.(\w+): \d+>$/gm;
const TLS13 =
  "CLIENT_HELLO SERVER_HELLO ENCRYPTED_EXTENSIONS CERTIFICATE_REQUEST CERTIFICATE CERTIFICATE_VERIFY FINISHED " +
  "CERTIFICATE CERTIFICATE_VERIFY FINISHED NEWSESSION_TICKET NEWSESSION_TICKET";
const TLS12 =
  "CLIENT_HELLO SERVER_HELLO CERTIFICATE SERVER_KEY_EXCHANGE CERTIFICATE_REQUEST SERVER_DONE CERTIFICATE " +
  "CLIENT_KEY_EXCHANGE CERTIFICATE_VERIFY FINISHED NEWSESSION_TICKET FINISHED";

/** The handshake messages of each connection in a listing. */
function handshakes(listing: string): readonly string[] {
  return listing
    .split(/^# connection \d+: .*$/m)
    .slice(1)
    .map((part) => Array.from(part.matchAll(HANDSHAKE), ([, name]) => name).join(" "));
}

describe("trace read", () => {
  const home = new Home();
  const recorded = home.path("recorded.pcapng");
  let client: ClientFiles;

  before(async () => {
    client = await makeClient(home, "ada");
    await recordHandshakes(home, recorded, client);
  });

  after(() => home[Symbol.dispose]());

  it("lists each handshake of a recording with its messages, decrypted by the secrets inside", async () => {
    const { code, stdout, stderr } = await runHere(home, ["trace", "read", recorded]);
    assert.equal(code, 0);
    assert.deepEqual(handshakes(stdout), [TLS13, TLS12]);
    assert.match(stderr, /2 TCP connections, 2 of them with TLS/);
  });

  it("gives each certificate out once, and leaves files alone that are not ours", async () => {
    const folder = home.path("certificates");
    assert.equal((await runHere(home, ["trace", "read", recorded, "--certificates", folder])).code, 0);
    const files = readdirSync(folder);
    assert.equal(files.length, 2);
    assert.ok(files.every((file) => /^[0-9a-f]{64}\.pem$/.test(file)));
    const pems = files.map((file) => readFileSync(home.path("certificates", file), "utf8"));
    assert.ok(pems.includes(client.pem));
    writeFileSync(home.path("certificates", files[0] ?? ""), "something else");
    const { code, stderr } = await runHere(home, ["trace", "read", recorded, "--certificates", folder]);
    assert.equal(code, 1);
    assert.match(stderr, /holds something else and was left as it is/);
    assert.equal(readFileSync(home.path("certificates", files[0] ?? ""), "utf8"), "something else");
  });

  it("says that a file is truncated, and shows what comes before", async () => {
    const cut = home.path("cut.pcapng");
    writeFileSync(cut, readFileSync(recorded).subarray(0, -30));
    const { code, stdout, stderr } = await runHere(home, ["trace", "read", cut]);
    assert.equal(code, 0);
    assert.deepEqual(handshakes(stdout), [TLS13, TLS12]);
    assert.match(stderr, /^warning: .*cut\.pcapng is truncated: .* needs \d+ bytes, has \d+$/m);
  });

  it("says that a file is damaged, or no capture at all", async () => {
    const damaged = home.path("damaged.pcapng");
    writeFileSync(damaged, readFileSync(recorded));
    appendFileSync(damaged, Buffer.alloc(64, 0xff));
    const outcome = await runHere(home, ["trace", "read", damaged]);
    assert.equal(outcome.code, 1);
    assert.deepEqual(handshakes(outcome.stdout), [TLS13, TLS12]);
    assert.match(outcome.stderr, /^error: .*damaged\.pcapng is damaged/m);
    const other = await runHere(home, ["trace", "read", client.cert]);
    assert.equal(other.code, 1);
    assert.match(other.stderr, /neither a pcap nor a pcapng file/);
    assert.equal((await runHere(home, ["trace", "read", home.path("none")])).code, 1);
  });

  it("does not write over the capture that it reads", async () => {
    const same = home.path("same.pcapng");
    writeFileSync(same, readFileSync(recorded));
    symlinkSync(same, home.path("link.pcapng"));
    for (const output of [same, home.path("link.pcapng")]) {
      const { code, stderr } = await runHere(home, [
        "trace",
        "read",
        same,
        "--format",
        "pcapng",
        "--output",
        output,
      ]);
      assert.equal(code, 1);
      assert.match(stderr, /is the capture itself/);
    }
    assert.deepEqual(readFileSync(same), readFileSync(recorded));
  });

  const withTcpdump = { skip: cannotCapture("tcpdump") };
  it(
    "reads what tcpdump wrote, with the client's key log, and says what it cannot decrypt",
    withTcpdump,
    async () => {
      const file = home.path("tcpdump.pcap");
      const keylog = home.path("keylog.txt");
      await using server = await startServer(home, ["trace", "listen"]);
      const capture = await LoopbackCapture.begin("tcpdump", file, server.port, ["--immediate-mode"]);
      const read = ["trace", "read", file, "--keylog", keylog];
      const seen: string[] = [];
      for (const [flag, messages] of [
        ["-tls1_3", TLS13],
        ["-tls1_2", TLS12],
      ] as const) {
        await openssl(server.port, client, "Ada\n", flag, "-keylogfile", keylog);
        // What tcpdump has not read by the time it is told to end is lost.
        seen.push(messages);
        await until(
          async () => handshakes((await runHere(home, read)).stdout).join() === seen.join(),
          "its packets",
        );
      }
      await sayInTheClear(server.port);
      await capture.end();

      const blind = await runHere(home, ["trace", "read", file]);
      assert.equal(handshakes(blind.stdout)[0], "CLIENT_HELLO SERVER_HELLO");
      assert.match(
        blind.stdout,
        /^# connection 1, client, undecryptable: .*CLIENT_HANDSHAKE_TRAFFIC_SECRET/m,
      );
      const { stdout } = await runHere(home, read);
      assert.deepEqual(handshakes(stdout).slice(0, 2), [TLS13, TLS12]);
      assert.doesNotMatch(stdout, /undecryptable/);
      assert.match(stdout, /msg_type=<_TLSAlertType\.CLOSE_NOTIFY: 0>/);

      const lines = (await runHere(home, [...read, "--format", "jsonl"])).stdout;
      const names = lines
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { connection: string; messageType: string });
      assert.equal(
        names.filter(({ connection, messageType }) => connection === "1" && messageType === "finished")
          .length,
        2,
      );
    },
  );

  it(
    "writes a capture with its secrets that tshark opens decrypted",
    { skip: missing("tshark") },
    async () => {
      const file = home.path("again.pcapng");
      await runHere(home, ["trace", "read", recorded, "--format", "pcapng", "--output", file]);
      const rows = await tsharkFields(file, "tls.handshake", ["tls.handshake.type"]);
      assert.equal(rows.flat().join(), "1,2,8,13,11,15,20,11,15,20,4,4,1,2,11,12,13,14,11,16,15,20,4,20");
    },
  );
});

/** A client that speaks no TLS. */
async function sayInTheClear(port: number): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  socket.end("GET / HTTP/1.1\r\n\r\n").resume();
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.on("close", resolve));
}
