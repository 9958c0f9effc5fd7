import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { connect, createServer, type Server } from "node:tls";
import { OBSERVED } from "./support/count-observers.ts";
import { Home } from "./support/serve.ts";
import { type ClientFiles, makeClient } from "./support/tls-clients.ts";

// Imported once those who observe are counted.
const { runHere } = await import("./support/run-here.ts");
const { TraceOutput } = await import("../../src/cli/trace/live/output.ts");
const { traceServer } = await import("../../src/cli/trace/live/server.ts");
const { observe } = await import("../../src/guard/observe.ts");
const { TRACE_FORMATS } = await import("../../src/cli/trace/formats/format.ts");

const SOURCES = join(import.meta.dirname, "../../src");

async function visit(port: number): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  socket.resume();
  await once(socket, "close");
}

describe("a connection that is traced", () => {
  let home: Home;
  let own: ClientFiles;

  before(async () => {
    home = new Home();
    own = await makeClient(home, "host.example");
  });
  after(() => home[Symbol.dispose]());
  beforeEach(() => void OBSERVED.splice(0));

  /** Takes whoever comes, and leaves. */
  async function open(): Promise<{ readonly server: Server; readonly port: number }> {
    const pems = { cert: readFileSync(own.cert), key: readFileSync(own.key) };
    const server = createServer({ ...pems, requestCert: true, rejectUnauthorized: false }, (socket) => {
      socket.on("error", () => undefined);
      socket.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { server, port: (server.address() as AddressInfo).port };
  }

  for (const format of TRACE_FORMATS) {
    for (const explain of [undefined, true] as const) {
      it(`is read once by servers (${format}${explain ? ", explained" : ""})`, async () => {
        const { server, port } = await open();
        const told = explain && { explain, onExplained: () => undefined };
        const output = home.path(`live-${format}`);
        using trace = new TraceOutput({ format, output, onProblem: () => undefined, ...told });
        traceServer(server, trace, {
          write: () => undefined,
          offer: () => undefined,
          warn: () => undefined,
          failed: () => undefined,
        });
        await visit(port);
        await visit(port);
        server.close();
        await once(server, "close");
        const isRead = explain ?? format !== "pcapng";
        assert.equal(OBSERVED.length, isRead ? 2 : 0, "a recording has no need of messages");
        assert.equal(new Set(OBSERVED).size, OBSERVED.length);
      });

      it(`is read once by trace connect and trace read (${format}${explain ? ", explained" : ""})`, async () => {
        const { server, port } = await open();
        const flags = explain ? ["--explain"] : [];
        const recorded = home.path(`connect-${format}.pcapng`);
        const recording = ["--format", "pcapng", "--output", recorded];
        const address = `127.0.0.1:${port}`;
        await runHere(home, ["trace", "connect", address, "--no-remember", ...flags, ...recording]);
        server.close();
        assert.equal(OBSERVED.length, explain ? 1 : 0);
        await runHere(home, ["trace", "read", recorded, "--format", format, ...flags]);
        assert.equal(OBSERVED.length, explain ? 2 : 1);
      });
    }
  }

  it("is read once by connect --summary", async () => {
    const { server, port } = await open();
    const ended = await runHere(home, ["connect", `127.0.0.1:${port}`, "--summary", "--no-remember"]);
    server.close();
    assert.match(ended.stderr, /agreed on/);
    assert.equal(OBSERVED.length, 1);
  });

  it("is read once by observe()", async () => {
    const { server, port } = await open();
    observe(server, () => undefined);
    await visit(port);
    server.close();
    assert.equal(OBSERVED.length, 1);
  });

  it("is read in two places: one of the library, one of the command line", () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
    const makers = files.filter(
      (file) =>
        file.endsWith(".ts") && readFileSync(join(SOURCES, file), "utf8").includes("new HandshakeObserver("),
    );
    assert.deepEqual(makers.toSorted(), ["cli/trace/connection/connection-trace.ts", "guard/observe.ts"]);
  });
});
