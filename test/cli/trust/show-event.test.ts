import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { showEvent } from "../../../src/cli/trust/show-event.ts";
import type { EventJson } from "../../../src/operator/listed-event.ts";

const EVENT: EventJson = {
  sequence: 7,
  at: "2026-01-02T03:04:05.000Z",
  type: "approved",
  actor: { user: "root", process: "trust approve 1", address: null, listener: null },
  pin: null,
  peer: "anna",
  before: "pending",
  after: "trusted",
  details: {},
  hash: "",
};

function show(over: Partial<EventJson> = {}): string {
  return showEvent({ ...EVENT, ...over }, 1000);
}

describe("showEvent", () => {
  it("says what became of whom, and who did it", () => {
    assert.equal(show(), "7  2026-01-02T03:04:05.000Z  approved  anna  pending -> trusted  by root");
  });

  it("leaves out what did not change, and says when a key is new or gone", () => {
    assert.doesNotMatch(show({ before: "trusted", after: "trusted" }), /->/);
    assert.match(show({ before: null }), / new -> trusted /);
    assert.match(show({ after: null }), / pending -> gone /);
  });

  it("says by which way and from where, unless it was a command line here", () => {
    const actor = { user: null, process: "gateway 9", address: "192.0.2.1", listener: "main" };
    assert.match(show({ actor }), / {2}by gateway 9 {2}from 192\.0\.2\.1 {2}at main$/);
    assert.match(show({ actor: { ...actor, via: "cli" } }), /by gateway 9 {2}from/);
    assert.match(show({ actor: null }), /by \?$/);
  });

  it("escapes all that a client or somebody with an editor may have put there", () => {
    const evil = "\u001b[31m\u202e";
    const text = show({
      at: evil,
      peer: `anna${evil}`,
      pin: evil as NonNullable<EventJson["pin"]>,
      details: { claimed: evil, nothing: null },
      actor: { user: evil, process: evil, address: evil, listener: evil },
    });
    for (const character of evil.slice(0, 1) + evil.slice(-1)) assert.ok(!text.includes(character));
    assert.match(text, /claimed=/);
    assert.doesNotMatch(text, /nothing=/);
  });

  it("says of an event that cannot be read nothing but that", () => {
    assert.equal(show({ type: null }), "7  (this event cannot be read)");
  });
});
