import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HandshakeObserver } from "../../../src/tls/observer/handshake-observer.ts";
import { parseKeyLog } from "../../../src/tls/keys/key-log.ts";
import { RFC_8448 } from "../../vectors/rfc8448.ts";
import type { Trace, TrafficSecret } from "../../vectors/rfc8448-trace.ts";
import { type Chunks, observeChunks } from "../differential/support/observed.ts";

const LABELS: Readonly<Record<TrafficSecret, string>> = {
  "c e traffic": "CLIENT_EARLY_TRAFFIC_SECRET",
  "c hs traffic": "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  "s hs traffic": "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  "c ap traffic": "CLIENT_TRAFFIC_SECRET_0",
  "s ap traffic": "SERVER_TRAFFIC_SECRET_0",
};

describe("HandshakeObserver", () => {
  for (const trace of RFC_8448)
    it(`tells every message of RFC 8448 §${trace.section}`, () => {
      const { messages, problems } = observeChunks(chunksOf(trace), keyLogOf(trace));
      assert.deepEqual(problems, []);
      const told = messages.map(({ direction, contentType, messageType, data }) => {
        return { direction, contentType, messageType, data: Buffer.from(data).toString("hex") };
      });
      const expected = trace.records.flatMap(eventsOf);
      // Early data has to wait for the ServerHello, which tells the suite.
      for (const direction of ["read", "write"])
        assert.deepEqual(
          told.filter((event) => event.direction === direction),
          expected.filter((event) => event.direction === direction),
        );
    });

  it("says that early data was taken whose secret never came, and follows the handshake all the same", () => {
    const [, resumed] = RFC_8448;
    assert(resumed);
    const keyLog = keyLogOf(resumed).replace(/^CLIENT_EARLY_.*\n/m, "");
    const { messages, problems } = observeChunks(chunksOf(resumed), keyLog);
    assert.deepEqual(
      problems.map(({ kind, message }) => [kind, message]),
      [["undecryptable", "early data cannot be decrypted: no CLIENT_EARLY_TRAFFIC_SECRET that fits"]],
    );
    const read = messages.filter(({ direction, contentType }) => direction === "read" && contentType === 22);
    assert.deepEqual(
      read.map(({ parsed }) => parsed?.name),
      ["client_hello", "finished"],
    );
  });

  it("tells what the two say to each other to whoever asks, and in no message", () => {
    const [simple] = RFC_8448;
    assert(simple);
    const said: string[] = [];
    const observer = new HandshakeObserver({
      connection: "1",
      now: () => 0,
      onMessage: () => undefined,
      onApplicationData: (direction, bytes) =>
        said.push(`${direction} ${Buffer.from(bytes).toString("hex")}`),
    });
    for (const { label, clientRandom, secret } of parseKeyLog(keyLogOf(simple)).entries)
      observer.secret(label, clientRandom, secret);
    for (const [from, bytes] of chunksOf(simple)) observer[from === "client" ? "read" : "wrote"](bytes);
    const sent = simple.records.filter(({ type }) => type === 23);
    assert.ok(sent.length > 1);
    assert.deepEqual(
      said,
      sent.map(
        ({ from, content = new Uint8Array() }) =>
          `${from === "client" ? "read" : "write"} ${Buffer.from(content).toString("hex")}`,
      ),
    );
  });

  it("parses each handshake message", () => {
    for (const trace of RFC_8448) {
      const { messages } = observeChunks(chunksOf(trace), keyLogOf(trace));
      const handshake = messages.filter(({ contentType }) => contentType === 22);
      assert.ok(handshake.every(({ parsed, messageType }) => parsed?.type === messageType));
      assert.ok(handshake.every(({ parsed }) => parsed?.name !== "other"));
    }
  });

  it("tells which packet completed what it tells, though the secret came later", () => {
    const [simple] = RFC_8448;
    assert(simple);
    let packet = 0;
    const told: string[] = [];
    const observer = new HandshakeObserver({
      connection: "1",
      now: () => 0,
      packet: () => packet,
      onMessage: (message) => {
        if (message.contentType === 22) told.push(`${message.packet} ${message.parsed?.name}`);
      },
    });
    for (const [from, bytes] of chunksOf(simple)) {
      packet += 10;
      if (from === "client") observer.read(bytes);
      else observer.wrote(bytes);
    }
    packet = 1000;
    for (const { label, clientRandom, secret } of parseKeyLog(keyLogOf(simple)).entries) {
      observer.secret(label, clientRandom, secret);
    }
    for (const message of ["10 client_hello", "20 server_hello", "30 certificate", "40 finished"])
      assert.ok(told.includes(message), `${message} is not among ${told.join()}`);
  });

  it("names the version that was negotiated, of a header its own", () => {
    const [simple] = RFC_8448;
    assert(simple);
    const { messages } = observeChunks(chunksOf(simple), keyLogOf(simple));
    const versions = new Set(messages.map(({ contentType, version }) => `${contentType} ${version}`));
    assert.deepEqual([...versions], ["256 TLSv1", "22 TLSv1.3", "256 TLSv1.2", "257 TLSv1.3", "21 TLSv1.3"]);
  });
});

interface Event {
  readonly direction: string;
  readonly contentType: number;
  readonly messageType: number;
  readonly data: string;
}

/** What a record of the trace has to lead to, by what the trace states is in it. */
function eventsOf({
  from,
  bytes,
  under,
  type = bytes[0] ?? 0,
  content = bytes.subarray(5),
}: Trace["records"][number]): Event[] {
  const direction = from === "client" ? "read" : "write";
  const event = (contentType: number, messageType: number, data: Uint8Array): Event => {
    return { direction, contentType, messageType, data: Buffer.from(data).toString("hex") };
  };
  const events = [event(256, bytes[0] ?? 0, bytes.subarray(0, 5))];
  if (under !== undefined) events.push(event(257, type, Uint8Array.of(type)));
  if (type === 20) events.push(event(20, 257, content));
  if (type === 21) events.push(event(21, content[1] ?? 0, content));
  if (type !== 22) return events;
  const buffer = Buffer.from(content);
  for (let at = 0; at < content.length; at += 4 + buffer.readUIntBE(at + 1, 3))
    events.push(event(22, content[at] ?? 0, content.subarray(at, at + 4 + buffer.readUIntBE(at + 1, 3))));
  return events;
}

function chunksOf(trace: Trace): Chunks {
  return trace.records.map(({ from, bytes }) => [from, bytes]);
}

function keyLogOf({ records, secrets }: Trace): string {
  const random = records[0]?.bytes.subarray(11, 43) ?? new Uint8Array();
  const lines = Object.entries(secrets).map(([name, { secret }]) =>
    [
      LABELS[name as TrafficSecret],
      Buffer.from(random).toString("hex"),
      Buffer.from(secret).toString("hex"),
    ].join(" "),
  );
  return lines.join("\n");
}
