import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, assert as assertProperty, nat, property } from "fast-check";
import { EventStream, type StreamMessage } from "../../web/stream/event-stream.ts";

const STREAM = [
  ": hello",
  "",
  "event: change",
  "id: 41",
  'data: {"sequence":41}',
  "",
  "data: two",
  "data:lines",
  "",
  "event: waiting",
  "data",
  "",
  "retry: 5",
  "event: nobody hears of this",
  "",
  "id",
  "data: without an id",
  "",
].join("\n");

const MESSAGES: readonly StreamMessage[] = [
  { type: "change", data: '{"sequence":41}', id: "41" },
  { type: "message", data: "two\nlines", id: "41" },
  { type: "waiting", data: "", id: "41" },
  { type: "message", data: "without an id", id: "" },
];

function read(pieces: readonly string[]): readonly StreamMessage[] {
  const stream = new EventStream();
  return pieces.flatMap((piece) => stream.push(piece));
}

describe("event stream", () => {
  it("reads types, ids and data of many lines, and drops comments and what has no data", () => {
    assert.deepEqual(read([`${STREAM}\n`]), MESSAGES);
  });

  it("forgives a byte order mark", () => {
    assert.deepEqual(read([`\u{FEFF}data: x\n\n`]), [{ type: "message", data: "x", id: null }]);
  });

  it("gives nothing of a message that has not ended", () => {
    assert.deepEqual(read(["event: change\ndata: 1\n"]), []);
  });

  for (const [name, end] of Object.entries({ LF: "\n", CRLF: "\r\n", CR: "\r" })) {
    it(`gives the same in whatever pieces it comes, with lines that end in ${name}`, () => {
      // Behind a lone CR at the very end a LF could follow, so the last message would wait for it.
      const text = `${STREAM.replaceAll("\n", end)}${end}: more`;
      assertProperty(
        property(array(nat(text.length), { maxLength: 12 }), (cuts) => {
          const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
          const pieces = at.slice(1).map((to, index) => text.slice(at[index], to));
          assert.deepEqual(read(pieces), MESSAGES);
        }),
      );
    });
  }
});
