import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { Duplex } from "node:stream";
import { after, before, describe, it } from "node:test";
import tls from "node:tls";
import { explainHandshake } from "../../../../src/cli/trace/story/explain.ts";
import { StoryTeller } from "../../../../src/cli/trace/story/story.ts";
import { runHere } from "../../support/run-here.ts";
import { Home, type RunningServer, runToEnd, startServe, startServer } from "../../support/serve.ts";
import { type ClientFiles, makeClient, openssl } from "../../support/tls-clients.ts";
import { beforeItRunsOut } from "../../../support/before-it-runs-out.ts";

/** Everything that is said of one connection ends up in one entry of the log. */
class Explanations {
  readonly #server: RunningServer;
  #seen = 0;

  constructor(server: RunningServer) {
    this.#server = server;
  }

  async next(): Promise<string> {
    const number = ++this.#seen;
    await this.#server.logged(() => this.#all().length >= number);
    return this.#all()[number - 1] ?? "";
  }

  #all(): readonly string[] {
    return this.#server.log.flatMap(({ event, explanation }) =>
      event === "explained" && typeof explanation === "string" ? [explanation] : [],
    );
  }
}

/** A client that says this and leaves at once. */
function speak(port: number, text: string): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.on("connect", () => {
    if (text === "") socket.resetAndDestroy();
    else socket.end(text).resume();
  });
  return new Promise((resolve) => socket.on("close", () => resolve()));
}

interface GivingUp {
  /** How much of the ClientHello is sent. */
  readonly bytes?: number;
  /** What is waited for before. */
  readonly waitFor?: "server hello";
  readonly reset?: boolean;
  readonly version?: "TLSv1.2";
}

/** A client that sends a ClientHello, or less, and leaves. */
async function giveUp(port: number, { bytes, waitFor, reset = false, version }: GivingUp): Promise<void> {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: false });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(clientHello(version).subarray(0, bytes));
  if (waitFor === "server hello") await once(socket, "data");
  if (reset) socket.resetAndDestroy();
  else socket.destroy();
}

/** What Node sends first, taken from a transport that answers nothing. */
function clientHello(version: "TLSv1.2" | "TLSv1.3" = "TLSv1.3"): Buffer {
  let sent = Buffer.alloc(0);
  const nowhere = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      sent = Buffer.concat([sent, chunk]);
      done();
    },
  });
  tls.connect({ socket: nowhere, minVersion: version, maxVersion: version }).on("error", () => undefined);
  return sent;
}

/** The server's own certificate, for clients that shall trust it. */
async function certificateOf({ address }: RunningServer, home: Home): Promise<string> {
  const { stdout } = await runToEnd("openssl", ["s_client", "-connect", address]);
  const file = home.path("server.pem");
  writeFileSync(
    file,
    stdout.slice(stdout.indexOf("-----BEGIN"), stdout.lastIndexOf("-----END CERTIFICATE") + 26),
  );
  return file;
}

describe("trace --explain", () => {
  const home = new Home();
  let server: RunningServer;
  let explained: Explanations;
  let client: ClientFiles;

  before(async () => {
    client = await makeClient(home, "ada");
    server = await startServer(home, ["trace", "listen", "--explain"]);
    explained = new Explanations(server);
  });

  after(async () => {
    await server.stop();
    home[Symbol.dispose]();
  });

  it("tells who offered, chose and showed what when all went well", async () => {
    await openssl(server.port, client, "Ada\n", "-servername", "ada.example");
    assert.match(
      await explained.next(),
      /^The client offered TLSv1\.3, .*asked for "ada\.example"\. The server chose TLSv1\.3 with TLS_\w+, and the server showed ".*", key \S+ \(P-256\), valid from \S+ to \S+\. It asked for the client's certificate, and the client showed "CN=ada", key \S+ \(P-256\), valid from \S+ to \S+\. Both sides finished the handshake\.$/,
    );
  });

  it("explains versions and cipher suites that are not shared", async () => {
    await openssl(server.port, {}, "", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
    assert.match(await explained.next(), /offered TLSv1\.1\. .*protocol_version \(70\)\. .*-tls1_3\)\.$/);
    await openssl(server.port, {}, "", "-tls1_2", "-cipher", "AES128-SHA");
    assert.match(
      await explained.next(),
      /Most likely they have no cipher suite .*handshake_failure \(40\)\. The client offered the suites TLS_RSA_WITH_AES_128_CBC_SHA in/,
    );
  });

  it("explains a client that does not trust our certificate", async () => {
    await runToEnd("curl", ["-s", `https://127.0.0.1:${server.port}/`]);
    assert.match(
      await explained.next(),
      /client ended it with the alert unknown_ca \(48\)\. .*curl --cacert/,
    );
  });

  it("explains what is not TLS at all", async () => {
    await speak(server.port, "GET / HTTP/1.1\r\n\r\n");
    assert.match(await explained.next(), /^The client speaks plain HTTP, not TLS\./);
    await speak(server.port, "SSH-2.0-\u001b[2J\r\n");
    assert.match(await explained.next(), /^One side speaks no TLS\. The client began with "SSH-2\.0-\\u/);
    await speak(server.port, "");
    assert.match(await explained.next(), /^The client connected and said nothing/);
  });

  it("explains a client that gives up: how, and after which message", async () => {
    await giveUp(server.port, { bytes: 100 });
    assert.match(
      await explained.next(),
      /^The client's ClientHello is not whole: the client closed the connection/,
    );
    const asked =
      /The client (closed|reset) the connection without an alert, after the server's finished: it gave up when it had seen the server's certificate/;
    await giveUp(server.port, { waitFor: "server hello" });
    assert.equal(asked.exec(await explained.next())?.[1], "closed");
    await giveUp(server.port, { waitFor: "server hello", reset: true });
    assert.equal(asked.exec(await explained.next())?.[1], "reset");
    await giveUp(server.port, { waitFor: "server hello", version: "TLSv1.2" });
    assert.match(
      await explained.next(),
      /closed the connection .*, after the server's server_hello_done: it gave/,
    );
  });

  it("explains clients that the server does not wait for any longer", async () => {
    await using done = await beforeItRunsOut(1000, async (attempt) => {
      const limit = ["--handshake-timeout", `${attempt.forMs / 1000}s`];
      const impatient = attempt.use(await startServer(home, ["trace", "listen", "--explain", ...limit]));
      attempt.runsOutAt(Date.now() + attempt.forMs);
      const waiting = net.connect(impatient.port, "127.0.0.1").on("error", () => undefined);
      waiting.write(clientHello());
      await once(waiting, "data");
      const closed = new Promise((resolve) => waiting.resume().on("close", resolve));
      return { impatient, closed };
    });
    const { impatient, closed } = done;
    const said = new Explanations(impatient);
    const silent = net.connect(impatient.port, "127.0.0.1");
    await Promise.all([once(silent.resume(), "close"), closed]);
    const both = [await said.next(), await said.next()].join("\n");
    assert.match(both, /said nothing until the server closed the connection \(a timeout\)/);
    assert.match(
      both,
      /The server closed the connection .*, after the server's finished: it gave up waiting/,
    );
  });

  it("explains a client for which the server has another name", async () => {
    const certificate = await certificateOf(server, home);
    assert.match(await explained.next(), /Both sides finished the handshake\.$/);
    await runToEnd("openssl", [
      "s_client",
      "-connect",
      server.address,
      "-servername",
      "elsewhere.example",
      "-verify_hostname",
      "elsewhere.example",
      "-verify_return_error",
      "-CAfile",
      certificate,
    ]);
    assert.match(
      await explained.next(),
      /bad_certificate \(42\)\. .* is not for "elsewhere\.example", .*-servername NAME/,
    );
  });

  it("explains to the client why the server refuses it", async () => {
    await using refusing = await startServe(home, ["--first-use", "refuse"]);
    const { stderr } = await runHere(home, ["trace", "connect", refusing.address, "--explain"]);
    assert.match(
      stderr,
      /server ended it with the alert unknown_ca \(48\)\. .*handclasp identity show --pem/,
    );
  });
});

describe("explainHandshake", () => {
  it("has a word for every alert, and shows no raw text", () => {
    for (const by of ["client", "server"] as const) {
      for (let code = 1; code < 256; code++) {
        const story = new StoryTeller("server");
        story.alert = { by, code };
        const said = explainHandshake(story);
        assert.match(said, new RegExp(`The ${by} ended it with the alert \\w+ \\(${code}\\)\\.`));
        assert.ok(said.length > 60, said);
      }
    }
    const story = new StoryTeller("server");
    story.bytes("client", Buffer.from("\u001b]0;title\u0007"));
    assert.doesNotMatch(explainHandshake(story), /\p{Cc}/u);
  });
});
