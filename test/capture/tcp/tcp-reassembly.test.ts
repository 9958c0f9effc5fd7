import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { segment, shapeOf, textOf, type SegmentFields } from "../support/segments.ts";
import { at, bytes, read, segments, SYN, SYN_ACK } from "../support/streams.ts";

describe("TCP reassembly", () => {
  it("tells a connection from its handshake to its end", () => {
    const events = segments(
      SYN,
      SYN_ACK,
      at(0, "hello"),
      { from: "server", sequence: 5_000, acknowledgment: 1_005, payload: bytes("world") },
      at(5, "", { flags: ["fin", "ack"] }),
      { from: "server", sequence: 5_005, acknowledgment: 1_006, flags: ["fin", "ack"] },
    );
    assert.deepEqual(shapeOf(events), [
      "open",
      "client:data",
      "server:data",
      "client:finish",
      "server:finish",
      "close:finished",
    ]);
    assert.equal(textOf(events, "client"), "hello");
    assert.equal(textOf(events, "server"), "world");
    assert.deepEqual(events[0]?.connection, {
      id: 1,
      client: { address: "192.0.2.1", port: 50_000 },
      server: { address: "198.51.100.7", port: 443 },
      fromStart: true,
    });
    assert.equal(events[1]?.timeMs, 2);
    assert.deepEqual(
      events.map(({ packet }) => packet),
      [1, 3, 4, 5, 6, 6],
    );
  });

  it("puts segments in order, and dates them when the hole before them was filled", () => {
    const events = segments(SYN, SYN_ACK, at(3, "def"), at(0, "abc"), at(6, "ghi"));
    assert.equal(textOf(events, "client"), "abcdefghi");
    assert.deepEqual(
      events.filter(({ kind }) => kind === "data").map(({ timeMs }) => timeMs),
      [3, 3, 4],
    );
    assert.deepEqual(
      events.filter(({ kind }) => kind === "data").map(({ packet }) => packet),
      [4, 4, 5],
    );
  });

  it("keeps the first of two copies that differ", () => {
    assert.equal(textOf(segments(SYN, at(0, "abc"), at(0, "XYZ"), at(1, "XYd")), "client"), "abcd");
    const held = segments(SYN, at(2, "cd"), at(5, "f"), at(1, "BCDEFG"), at(0, "a"));
    assert.equal(textOf(held, "client"), "aBcdEfG");
  });

  it("reports what was lost, at the end or when the receiver has long had it", () => {
    assert.equal(textOf(segments(SYN, at(0, "ab"), at(5, "fg")), "client"), "ab[3]fg");
    const acknowledged = Array.from({ length: 40 }, (): SegmentFields => ({
      from: "server",
      sequence: 5_000,
      acknowledgment: 1_007,
    }));
    const events = segments(SYN, SYN_ACK, at(0, "ab"), at(5, "fg"), ...acknowledged, at(7, "hi"));
    assert.equal(textOf(events, "client"), "ab[3]fghi");
    const gap = events.find(({ kind }) => kind === "gap");
    assert.ok((gap?.timeMs ?? 99) < 43);
  });

  it("reports a loss at the end of which an acknowledgment, a FIN or a RST tells", () => {
    const ack: SegmentFields = { from: "server", sequence: 5_000, acknowledgment: 1_009 };
    assert.equal(textOf(segments(SYN, SYN_ACK, at(0, "ab"), ack), "client"), "ab[7]");
    assert.equal(
      textOf(segments(SYN, SYN_ACK, at(0, "ab"), at(6, "", { flags: ["fin", "ack"] })), "client"),
      "ab[4]",
    );
    assert.equal(
      textOf(segments(SYN, SYN_ACK, at(0, "ab"), at(6, "", { flags: ["reset"] })), "client"),
      "ab[4]",
    );
    const ofFin: SegmentFields = { from: "server", sequence: 5_000, acknowledgment: 1_003 };
    assert.equal(textOf(segments(SYN, SYN_ACK, at(0, "ab"), ofFin), "client"), "ab");
  });

  it("reports all of a direction that was not captured", () => {
    const events = segments(
      SYN,
      { sequence: 1_000, acknowledgment: 5_000 },
      at(0, "abc", { acknowledgment: 5_000 }),
      at(3, "def", { acknowledgment: 5_700 }),
    );
    assert.equal(textOf(events, "client"), "abcdef");
    assert.equal(textOf(events, "server"), "[700]");
  });

  it("begins another connection when the ports are used again", () => {
    const again = { flags: ["syn"], sequence: 70_000 } as const;
    const events = segments(SYN, at(0, "one"), again, { sequence: 70_001, payload: bytes("two") });
    const [first, second] = [1, 2].map((id) => events.filter(({ connection }) => connection.id === id));
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(textOf(first, "client"), "one");
    assert.deepEqual(shapeOf(first), ["open", "client:data", "close:replaced"]);
    assert.equal(textOf(second, "client"), "two");
  });

  it("takes a repeated SYN for what it is", () => {
    const events = segments(SYN, SYN, SYN_ACK, SYN_ACK, at(0, "a"), SYN, at(1, "b"));
    assert.deepEqual(shapeOf(events), ["open", "client:data", "client:data", "close:end-of-capture"]);
  });

  it("ends with a reset, but not with a stray one", () => {
    const stray = at(-500, "", { flags: ["reset"] });
    const events = segments(SYN, SYN_ACK, at(0, "a"), stray, at(1, "b"), at(2, "", { flags: ["reset"] }));
    assert.deepEqual(shapeOf(events), ["open", "client:data", "client:data", "client:reset", "close:reset"]);
  });

  it("tells a refused connection", () => {
    const refusal: SegmentFields = { from: "server", flags: ["reset", "ack"], acknowledgment: 1_000 };
    assert.deepEqual(shapeOf(segments(SYN, refusal)), ["open", "server:reset", "close:reset"]);
  });

  it("carries data on a SYN", () => {
    const fast: SegmentFields = { ...SYN, payload: bytes("fast") };
    assert.equal(textOf(segments(fast, at(4, "er")), "client"), "faster");
  });

  it("crosses the end of the sequence numbers", () => {
    const start = 0xffff_fffd;
    const events = segments(
      { flags: ["syn"], sequence: start - 1 },
      { sequence: start + 4, payload: bytes("efgh") },
      { sequence: start, payload: bytes("abcd") },
    );
    assert.equal(textOf(events, "client"), "abcdefgh");
  });

  it("ignores what is outside any window", () => {
    const far = at(2 ** 30 + 1_000, "far");
    assert.equal(textOf(segments(SYN, at(0, "a"), far, at(1, "b")), "client"), "ab");
  });

  it("starts in the middle, and knows client and server by their hellos or ports", () => {
    const hello = bytes("\x16\x03\x01\x00\x05\x01....");
    const byHello = segments({ from: "server", sequence: 7, payload: hello, clientPort: 99 });
    assert.deepEqual(byHello[0]?.connection, {
      id: 1,
      client: { address: "198.51.100.7", port: 443 },
      server: { address: "192.0.2.1", port: 99 },
      fromStart: false,
    });
    const serverHello = bytes("\x16\x03\x01\x00\x05\x02....");
    const byServerHello = segments({ sequence: 7, payload: serverHello });
    assert.equal(byServerHello[0]?.connection.server.port, 50_000);
    const byPort = segments(at(0, "data"), at(4, "more"));
    assert.equal(byPort[0]?.connection.server.port, 443);
    assert.equal(textOf(byPort, "client"), "datamore");
  });

  it("survives a SYN that the capture has after the data", () => {
    const events = segments(at(3, "def"), at(0, "abc"), SYN, SYN_ACK);
    assert.equal(textOf(events, "client"), "abcdef");
    assert.equal(events[0]?.connection.fromStart, true);
  });

  it("gives up the hole when a direction holds too much", () => {
    const frames = [
      segment(SYN),
      ...Array.from({ length: 20 }, (_, i) => segment(at(1 + i * 100, "x".repeat(100)))),
    ];
    const { events } = read(frames, { heldBytesPerDirection: 1_000 });
    assert.deepEqual(shapeOf(events).slice(0, 3), ["open", "client:gap", "client:data"]);
    assert.equal(textOf(events, "client"), `[1]${"x".repeat(2_000)}`);
    assert.ok((events[1]?.timeMs ?? 99) < 9);
  });

  it("gives up holes when all connections together hold too much", () => {
    const frames = Array.from({ length: 50 }, (_, index) => [
      segment({ ...SYN, clientPort: 1_000 + index }),
      segment({ ...at(1, "x".repeat(1_000)), clientPort: 1_000 + index }),
    ]);
    const { events } = read(frames.flat(), { heldBytes: 10_000 });
    const before = events.slice(
      0,
      events.findIndex(({ kind }) => kind === "close"),
    );
    const held = 50 - before.filter(({ kind }) => kind === "gap").length;
    assert.ok(held >= 7 && held <= 10, `${held} still hold bytes at the end`);
  });

  it("forgets the connections without recent packets when there are too many", () => {
    const frames = Array.from({ length: 100 }, (_, index) => [
      segment({ ...SYN, clientPort: 1_000 + index }),
      segment({ ...at(index, "x"), clientPort: 999 }),
    ]);
    const { events } = read([segment({ ...SYN, clientPort: 999 }), ...frames.flat()], { connections: 10 });
    assert.equal(shapeOf(events).filter((shape) => shape === "close:evicted").length, 91);
    const busy = events.filter(({ connection }) => connection.client.port === 999);
    assert.equal(textOf(busy, "client"), "x".repeat(100));
  });
});
