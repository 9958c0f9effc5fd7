import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import { explainHandshake } from "../../src/cli/trace-explain.ts";
import { StoryTeller } from "../../src/cli/trace-story.ts";
import { Home, type RunningServer, runToEnd, startServe, startServer } from "./support/serve.ts";
import { type ClientFiles, makeClient, openssl } from "./support/tls-clients.ts";

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
      /^The client offered TLSv1\.3, .*asked for "ada\.example"\. The server chose TLSv1\.3 with TLS_\w+, and the server showed ".*", key \S+, valid until \S+\. It asked for the client's certificate, and the client showed "CN=ada", key \S+, valid until \S+\. Both sides finished the handshake\.$/,
    );
  });

  it("explains versions and cipher suites that are not shared", async () => {
    await openssl(server.port, {}, "", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
    assert.match(await explained.next(), /offered TLSv1\.1\. .*protocol_version \(70\): .*--min-tls 1\.2/);
    await openssl(server.port, {}, "", "-tls1_2", "-cipher", "AES128-SHA");
    assert.match(await explained.next(), /handshake_failure \(40\): they have no cipher suite, group/);
  });

  it("explains a client that does not trust our certificate", async () => {
    await runToEnd("curl", ["-s", `https://127.0.0.1:${server.port}/`]);
    assert.match(await explained.next(), /client ended it with the alert unknown_ca \(48\): .*curl --cacert/);
  });

  it("explains what is not TLS at all", async () => {
    await speak(server.port, "GET / HTTP/1.1\r\n\r\n");
    assert.match(await explained.next(), /^The client speaks plain HTTP, not TLS\./);
    await speak(server.port, "SSH-2.0-\u001b[2J\r\n");
    assert.match(await explained.next(), /^The client speaks no TLS: it began with "SSH-2\.0-\\u/);
    await speak(server.port, "");
    assert.match(await explained.next(), /^The client connected and said nothing/);
  });

  it("explains to the client why the server refuses it", async () => {
    await using refusing = await startServe(home, ["--first-use", "refuse"]);
    const { stderr } = await home.run(["trace", "connect", refusing.address, "--explain"]);
    assert.match(stderr, /server ended it with the alert unknown_ca \(48\): .*handclasp trust add FILE/);
  });
});

describe("explainHandshake", () => {
  it("has a word for every alert, and shows no raw text", () => {
    for (const by of ["client", "server"] as const) {
      for (let code = 1; code < 256; code++) {
        const story = new StoryTeller("server");
        story.alert = { by, code };
        const said = explainHandshake(story);
        assert.ok(said.startsWith(`The ${by} ended it with the alert `), said);
        assert.ok(said.length > 60, said);
      }
    }
    const story = new StoryTeller("server");
    story.bytes("client", Buffer.from("\u001b]0;title\u0007"));
    assert.doesNotMatch(explainHandshake(story), /\p{Cc}/u);
  });
});
