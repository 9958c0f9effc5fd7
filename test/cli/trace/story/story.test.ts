import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Sender } from "../../../../src/tls/records/sender.ts";
import { StoryTeller } from "../../../../src/cli/trace/story/story.ts";
import { TRACE_CONTENT_TYPE, type TraceMessage } from "../../../../src/tls/observer/trace-message.ts";

const [CLOSE_NOTIFY, USER_CANCELED] = [0, 90];

/** A warning, as it was decrypted. */
function warning(by: Sender, code: number): TraceMessage {
  return {
    connection: "1",
    direction: by === "client" ? "read" : "write",
    version: "TLSv1.3",
    contentType: TRACE_CONTENT_TYPE.alert,
    messageType: code,
    data: Uint8Array.of(1, code),
    time: 1,
  };
}

/** A story in which both sides have finished the handshake. */
function finished(): StoryTeller {
  const story = new StoryTeller("server");
  story.finished.add("client").add("server");
  return story;
}

describe("StoryTeller", () => {
  it("takes user_canceled for a goodbye behind a handshake only", () => {
    const before = new StoryTeller("server");
    before.message(warning("server", USER_CANCELED));
    assert.deepEqual(before.alert, { by: "server", code: USER_CANCELED });
    const behind = finished();
    behind.message(warning("server", USER_CANCELED));
    assert.equal(behind.alert, undefined);
  });

  it("knows that a client left before anything was said, be it that the server answers to that", () => {
    const left = finished();
    left.message(warning("client", CLOSE_NOTIFY));
    left.told("server", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    left.ended("server", "closed");
    assert.equal(left.leftUnspoken, true);
    const silent = finished();
    silent.ended("client", "reset");
    assert.equal(silent.leftUnspoken, true);
  });

  it("says so of no client that spoke, or was greeted, or whom the server left first", () => {
    for (const by of ["client", "server"] as const) {
      const spoken = finished();
      spoken.told(by, Buffer.from("220 ready\r\n"));
      spoken.message(warning("client", CLOSE_NOTIFY));
      assert.equal(spoken.leftUnspoken, false, by);
    }
    const answering = finished();
    answering.message(warning("server", CLOSE_NOTIFY));
    answering.message(warning("client", CLOSE_NOTIFY));
    assert.equal(answering.leftUnspoken, false);
    const early = new StoryTeller("server");
    early.ended("client", "closed");
    assert.equal(early.leftUnspoken, false);
  });
});
