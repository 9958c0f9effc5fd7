import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ConnectionTrace,
  type ConnectionTraceOptions,
} from "../../../../src/cli/trace/connection/connection-trace.ts";
import type { ConnectionWriter } from "../../../../src/cli/trace/connection/connection-writer.ts";
import type { TracedConnection } from "../../../../src/cli/trace/connection/traced-connection.ts";
import { clientHello, message, RANDOM, record, serverHello } from "../../../tls/messages/support/encode.ts";

const CONNECTION: TracedConnection = {
  id: "1",
  side: "server",
  client: { address: "192.0.2.1", port: 50_000 },
  server: { address: "192.0.2.2", port: 443 },
};
const CLIENT_HELLO = record(22, message(1, clientHello()));
const SERVER_HELLO = record(22, message(2, serverHello([])));
const HANDSHAKE_FAILURE = record(21, [2, 40]);

interface Traced {
  readonly trace: ConnectionTrace;
  /** A word for each call of the writer. */
  readonly told: string[];
}

function traced(options: Partial<ConnectionTraceOptions> = {}, over: Partial<TracedConnection> = {}): Traced {
  const told: string[] = [];
  const writer: ConnectionWriter = {
    event: ({ kind }) => void told.push(kind),
    preface: ({ before }) => void told.push(`before ${before.join()}`),
    message: ({ parsed, direction }) => void (parsed && told.push(`${direction} ${parsed.name}`)),
    problem: ({ kind }) => void told.push(`problem ${kind}`),
    explained: ({ explanations }) => void told.push(`explained ${explanations[0]?.rule ?? "nothing"}`),
    end: (isTls) => void told.push(`end ${isTls}`),
  };
  const trace = new ConnectionTrace({ ...CONNECTION, ...over }, writer, {
    explains: false,
    isLive: false,
    ...options,
  });
  return { trace, told };
}

/** So that a live explanation may come. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the trace of a connection", () => {
  it("has each event before the messages that it leads to, and ends with its end", () => {
    const { trace, told } = traced();
    trace.event({ kind: "open", timeMs: 1 });
    trace.event({ kind: "data", sender: "client", bytes: CLIENT_HELLO });
    trace.event({ kind: "data", sender: "server", bytes: SERVER_HELLO });
    trace.event({ kind: "close", reason: "finished" });
    assert.deepEqual(told, [
      "open",
      "data",
      "read client_hello",
      "data",
      "write server_hello",
      "close",
      "end true",
    ]);
    assert.equal(trace.isTls, true);
  });

  it("tells as ours what our side sends", () => {
    const { trace, told } = traced({}, { side: "client" });
    trace.event({ kind: "data", sender: "client", bytes: CLIENT_HELLO });
    assert.ok(told.includes("write client_hello"));
  });

  it("is over with its end: what comes later is not heard", () => {
    const { trace, told } = traced();
    trace.event({ kind: "close", reason: "finished" });
    trace.event({ kind: "data", sender: "client", bytes: CLIENT_HELLO });
    assert.deepEqual(told, ["close", "end false"]);
  });

  it("finds TLS behind what comes before it, in a capture", () => {
    const { trace, told } = traced();
    const proxy = Buffer.from("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    trace.event({ kind: "data", sender: "client", bytes: Buffer.concat([proxy, CLIENT_HELLO]) });
    assert.deepEqual(told, ["data", "before PROXY v1", "read client_hello"]);
  });

  it("looks for secrets by the client's random, and no more once it is over", () => {
    const followed: string[] = [];
    const { trace } = traced({
      follow: (random) => {
        followed.push(Buffer.from(random).toString("hex"));
        return () => void followed.push("stopped");
      },
    });
    trace.event({ kind: "data", sender: "client", bytes: CLIENT_HELLO });
    trace.event({ kind: "close", reason: "finished" });
    assert.deepEqual(followed, [Buffer.from(RANDOM).toString("hex"), "stopped"]);
  });

  it("takes a session's secret by the id that the server answers with", () => {
    const asked: number[] = [];
    const { trace, told } = traced({
      ofSession: ({ length }) => {
        asked.push(length);
        return new Uint8Array(48);
      },
    });
    trace.event({ kind: "data", sender: "client", bytes: CLIENT_HELLO });
    trace.event({ kind: "data", sender: "server", bytes: SERVER_HELLO });
    assert.deepEqual(asked, [0]);
    assert.ok(told.includes("secret"));
  });

  it("explains what came to nothing, at its end, in a capture that was cut too", () => {
    for (const reason of ["finished", "end-of-capture"] as const) {
      const { trace, told } = traced({ explains: true });
      trace.event({ kind: "data", sender: "client", bytes: CLIENT_HELLO });
      trace.event({ kind: "data", sender: "server", bytes: HANDSHAKE_FAILURE });
      trace.event({ kind: "finish", sender: "server" });
      trace.event({ kind: "close", reason });
      assert.equal(told.filter((word) => word.startsWith("explained")).length, 1);
      assert.deepEqual(told.at(-1), "end true");
    }
  });

  it("explains live as soon as the other side left, once; and not what our own end interrupts", async () => {
    const left = traced({ explains: true, isLive: true });
    left.trace.event({ kind: "data", sender: "client", bytes: CLIENT_HELLO });
    left.trace.event({ kind: "finish", sender: "client" });
    await turn();
    left.trace.event({ kind: "close", reason: "finished" });
    assert.equal(left.told.filter((word) => word.startsWith("explained")).length, 1);
    assert.ok(left.told.findIndex((word) => word.startsWith("explained")) < left.told.indexOf("close"));
    const ours = traced({ explains: true, isLive: true });
    ours.trace.event({ kind: "data", sender: "client", bytes: CLIENT_HELLO });
    ours.trace.event({ kind: "close", reason: "end-of-capture" });
    assert.ok(!ours.told.some((word) => word.startsWith("explained")));
  });

  it("keeps copies of what a capture's chunk holds, and none of what is live", () => {
    for (const isLive of [false, true]) {
      const bytes = Uint8Array.from(CLIENT_HELLO);
      let kept: Uint8Array | undefined;
      const trace = new ConnectionTrace(
        CONNECTION,
        { message: ({ parsed, data }) => void (parsed && (kept = data)) },
        { explains: false, isLive },
      );
      trace.event({ kind: "data", sender: "client", bytes });
      assert.equal(kept?.buffer === bytes.buffer, isLive);
    }
  });
});
