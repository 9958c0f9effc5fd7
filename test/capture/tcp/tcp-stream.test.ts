import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { segment, shapeOf, textOf, type SegmentFields } from "../support/segments.ts";
import { at, bytes, read, segments, SYN, SYN_ACK } from "../support/streams.ts";

const HELLO = "\x16\x03\x01\x00\x05\x01....";

/** A segment of the server at a position of its stream. */
function server(position: number, text: string, more: SegmentFields = {}): SegmentFields {
  return { from: "server", sequence: 5_000 + position, payload: bytes(text), acknowledgment: 1_000, ...more };
}

describe("a TCP stream without its SYN", () => {
  it("begins at a ClientHello, and both directions come in the order of the wire", () => {
    const events = segments(
      at(0, HELLO),
      server(0, "answer", { acknowledgment: 1_010 }),
      at(10, "more", { acknowledgment: 5_006 }),
      server(6, "end", { acknowledgment: 1_014 }),
    );
    assert.deepEqual(shapeOf(events), [
      "open",
      "client:data",
      "server:data",
      "client:data",
      "server:data",
      "close:end-of-capture",
    ]);
    assert.deepEqual(
      events.map(({ packet }) => packet),
      [1, 1, 2, 3, 4, 4],
    );
  });

  it("begins where the other side had come to when it acknowledged", () => {
    const events = segments(
      at(0, "one", { acknowledgment: 5_000 }),
      server(0, "two", { acknowledgment: 1_003 }),
      at(3, "three", { acknowledgment: 5_003 }),
    );
    assert.deepEqual(shapeOf(events).slice(0, 4), ["open", "client:data", "server:data", "client:data"]);
  });

  it("begins behind a bare acknowledgment of its own, and a keep-alive's byte is none of it", () => {
    const events = segments(
      at(0, "", { acknowledgment: 5_000 }),
      at(-1, "\0", { acknowledgment: 5_000 }),
      at(0, "abc", { acknowledgment: 5_000 }),
      server(0, "x", { acknowledgment: 1_000 }),
      at(3, "def"),
    );
    assert.equal(textOf(events, "client"), "abcdef");
    assert.deepEqual(shapeOf(events).slice(0, 3), ["open", "client:data", "server:data"]);
  });

  it("puts its first segments in order while nothing tells where it begins", () => {
    const events = segments(
      at(3, "def"),
      at(0, "abc"),
      server(0, "x", { acknowledgment: 1_006 }),
      at(6, "ghi"),
    );
    assert.equal(textOf(events, "client"), "abcdefghi");
  });

  it("is the one to which a SYN belongs that the capture has later", () => {
    const events = segments(at(0, HELLO), SYN, SYN_ACK, at(10, "more"));
    assert.equal(textOf(events, "client"), `${HELLO}more`);
    assert.equal(shapeOf(events).filter((shape) => shape === "open").length, 1);
  });

  it("is followed by another one on the same ports when a ClientHello comes from far away", () => {
    const other = { sequence: 2_000_000_000, acknowledgment: 3_000_000_000 };
    const events = segments(at(0, HELLO), server(0, "x", { acknowledgment: 1_010 }), {
      ...other,
      payload: bytes(HELLO),
    });
    assert.deepEqual(
      events.filter(({ kind }) => kind === "close" || kind === "open").map(({ connection }) => connection.id),
      [1, 1, 2, 2],
    );
    assert.equal(
      textOf(
        events.filter(({ connection }) => connection.id === 2),
        "client",
      ),
      HELLO,
    );
  });

  it("is followed by another one when the first was closed", () => {
    const fin = ["fin", "ack"] as const;
    const events = segments(
      at(0, HELLO),
      server(0, "x", { acknowledgment: 1_010 }),
      at(10, "", { flags: fin, acknowledgment: 5_001 }),
      server(1, "", { flags: fin, acknowledgment: 1_011 }),
      at(0, HELLO),
      at(9_000, HELLO),
    );
    assert.deepEqual(
      events.filter(({ kind }) => kind === "open").map(({ packet }) => packet),
      [1, 6],
    );
  });
});

describe("a RST", () => {
  it("does not end what was under way", () => {
    const events = segments(
      SYN,
      SYN_ACK,
      at(0, "hello"),
      at(5, "", { flags: ["reset"] }),
      server(0, "answer", { acknowledgment: 1_005 }),
    );
    assert.deepEqual(shapeOf(events), ["open", "client:data", "client:reset", "server:data", "close:reset"]);
  });

  it("ends nothing when it is in the window only, and its side goes on", () => {
    const events = segments(SYN, SYN_ACK, at(0, "a"), at(500, "", { flags: ["reset"] }), at(1, "b"));
    assert.deepEqual(shapeOf(events), ["open", "client:data", "client:data", "close:end-of-capture"]);
    assert.equal(textOf(events, "client"), "ab");
  });

  it("ends nothing out of the window", () => {
    const events = segments(SYN, SYN_ACK, at(0, "a"), at(5_000_000, "", { flags: ["reset"] }));
    assert.deepEqual(shapeOf(events), ["open", "client:data", "close:end-of-capture"]);
  });

  it("counts behind a FIN, and where the receiver was", () => {
    const fin = at(1, "", { flags: ["fin", "ack"] });
    for (const position of [1, 2]) {
      const events = segments(SYN, SYN_ACK, at(0, "a"), fin, at(position, "", { flags: ["reset"] }));
      assert.equal(shapeOf(events).at(-2), "client:reset", `at ${position}`);
    }
    const unseen = segments(
      SYN,
      SYN_ACK,
      server(0, "", { acknowledgment: 1_400 }),
      at(400, "", { flags: ["reset"] }),
    );
    assert.deepEqual(shapeOf(unseen), ["open", "client:reset", "client:gap", "close:reset"]);
  });

  it("closes a connection when nothing more is to be expected of it", () => {
    const frames = [SYN, SYN_ACK, at(0, "", { flags: ["reset"] })].map(segment);
    const others = Array.from({ length: 5_000 }, (_, i) => segment({ ...at(i, "x"), clientPort: 999 }));
    const { events } = read([...frames, ...others]);
    const end = events.findIndex(({ kind }) => kind === "close");
    assert.equal(events[end]?.connection.id, 1);
    assert.ok(end < 4_000);
  });

  it("of many connections leaves few waiting", () => {
    const frames = Array.from({ length: 2_000 }, (_, index) => {
      const clientPort = 1_000 + index;
      return [{ ...SYN, clientPort }, { from: "server", flags: ["reset", "ack"], clientPort } as const];
    });
    const { events } = read(frames.flat().map(segment));
    const open = new Set<number>();
    let most = 0;
    for (const { kind, connection } of events) {
      if (kind === "open") open.add(connection.id);
      if (kind === "close") open.delete(connection.id);
      most = Math.max(most, open.size);
    }
    assert.ok(most < 1_100, `${most} are open at once`);
  });
});

describe("a TCP connection of which one direction was captured", () => {
  it("tells early that bytes are missing, and the rest of them at the end", () => {
    const acks = Array.from({ length: 100 }, (_, i) => at(i, "x", { acknowledgment: 5_100 + i }));
    const events = segments(SYN, at(0, ""), ...acks);
    assert.equal(textOf(events, "client"), "x".repeat(100));
    const gaps = events.filter(({ kind }) => kind === "gap");
    assert.equal(gaps.length, 2);
    assert.ok((gaps[0]?.packet ?? 99) < 50);
    assert.equal(
      gaps.reduce((sum, gap) => sum + (gap.kind === "gap" ? gap.length : 0), 0),
      199,
    );
  });

  it("tells who ended it first, though bytes before its FIN are missing", () => {
    const fin = ["fin", "ack"] as const;
    const events = segments(
      SYN,
      SYN_ACK,
      at(249, "", { flags: fin, acknowledgment: 5_000 }),
      server(0, "", { flags: fin, acknowledgment: 1_250 }),
    );
    assert.deepEqual(shapeOf(events), [
      "open",
      "client:gap",
      "client:finish",
      "server:finish",
      "close:finished",
    ]);
  });

  it("gives all that it has, when no acknowledgment ever comes, within its bounds", () => {
    const parts = Array.from({ length: 3_000 }, (_, i) => at(i * 1_000 + (i > 9 ? 7 : 0), "x".repeat(1_000)));
    const { events } = read([SYN, ...parts].map(segment));
    assert.equal(
      textOf(events, "client").replaceAll(/x+/g, (run) => String(run.length)),
      "10000[7]2990000",
    );
    assert.ok((events.find(({ kind }) => kind === "gap")?.packet ?? 0) < 1_500);
  });
});

describe("a TCP handshake out of the ordinary", () => {
  it("may answer again with another number, as with SYN cookies", () => {
    const events = segments(
      SYN,
      { ...SYN_ACK, sequence: 100 },
      SYN,
      SYN_ACK,
      at(0, "abc", { acknowledgment: 5_000 }),
      server(0, "def", { acknowledgment: 1_003 }),
    );
    assert.deepEqual(shapeOf(events), ["open", "client:data", "server:data", "close:end-of-capture"]);
    assert.equal(textOf(events, "server"), "def");
  });

  it("may come from the server of what it carries, as in active FTP", () => {
    const events = segments(SYN, SYN_ACK, server(0, HELLO), at(0, "answer", { acknowledgment: 5_010 }));
    const [open] = events;
    assert.equal(open?.connection.client.port, 443);
    assert.equal(open?.packet, 1);
    assert.equal(open?.connection.fromStart, true);
    assert.equal(textOf(events, "client"), HELLO);
  });

  it("may begin on both sides at once", () => {
    const events = segments(
      SYN,
      { ...SYN_ACK, flags: ["syn"], acknowledgment: 0 },
      { ...SYN, flags: ["syn", "ack"], acknowledgment: 5_000 },
      SYN_ACK,
      at(0, "abc"),
      server(0, "def", { acknowledgment: 1_003 }),
    );
    assert.deepEqual(shapeOf(events), ["open", "client:data", "server:data", "close:end-of-capture"]);
  });

  it("is followed by keep-alive and zero-window probes that add nothing", () => {
    const events = segments(
      SYN,
      SYN_ACK,
      at(0, "abc"),
      at(2, "\0"),
      at(2, ""),
      at(3, "d"),
      at(3, "d"),
      at(3, "def"),
    );
    assert.equal(textOf(events, "client"), "abcdef");
  });
});
