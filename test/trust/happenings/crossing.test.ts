import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HandclaspError, isHandclaspError } from "../../../src/errors.ts";
import { type Crossing, crosses, fromCrossing, toCrossing } from "../../../src/trust/happenings/crossing.ts";
import type { Admitted, Failed } from "../../../src/trust/happenings/connection-happening.ts";
import type { Exchanged } from "../../../src/trust/happenings/gateway-happening.ts";
import type { Happening } from "../../../src/trust/happenings/happening.ts";

type Crossed = Parameters<typeof toCrossing>[0];

/** What another process makes of it. */
function sent(happening: Crossed): Happening {
  return fromCrossing(JSON.parse(JSON.stringify(toCrossing(happening))) as Crossing);
}

/** Looks its address up, as connections do. */
const CONNECTION = {
  id: "c1",
  listener: "main",
  get remoteAddress() {
    return "192.0.2.1";
  },
};

function failedFor(error: unknown): Failed {
  return { type: "failed", connection: CONNECTION, listener: null, error };
}

describe("a happening that goes to another process", () => {
  it("has the connection and the peer as they are, and no certificate", () => {
    const peer = {
      name: "anna",
      pin: `sha256:${"a".repeat(64)}`,
      keyId: "SX-1",
      fingerprint: "f".repeat(64),
      firstUse: true,
      renewed: false,
      rotated: false,
      tlsVersion: "TLSv1.3",
      resumed: false,
    } as const;
    const met: Admitted = {
      type: "met",
      connection: CONNECTION,
      peer: { ...peer, certificate: { der: new Uint8Array(3) } },
      durationMs: 3,
    };
    const connection = { id: "c1", listener: "main", remoteAddress: "192.0.2.1" };
    assert.deepEqual(sent(met), { type: "met", connection, peer, durationMs: 3 });
  });

  it("has its error, with a code where it is ours", () => {
    const [ours, other] = [new HandclaspError("ERR_HANDCLASP_STORE_WRITE", "the disk is full"), "odd"].map(
      (error) => sent(failedFor(error)),
    );
    assert.ok(ours?.type === "failed" && isHandclaspError(ours.error, "ERR_HANDCLASP_STORE_WRITE"));
    assert.ok(other?.type === "failed" && other.error instanceof Error && other.error.message === "odd");
  });

  it("has an error whatever was thrown", () => {
    for (const thrown of [null, undefined]) {
      const told = sent(failedFor(thrown));
      assert.ok(told.type === "failed" && told.error instanceof Error);
      assert.equal(told.error.message, String(thrown));
    }
  });

  it("has no text as long as a client likes", () => {
    const asked: Exchanged = {
      type: "exchanged",
      listener: null,
      connection: undefined,
      peer: null,
      method: "GET",
      target: `/${"x".repeat(100_000)}`,
      status: 200,
      durationMs: 1,
    };
    const told = sent(asked);
    assert.ok(told.type === "exchanged" && told.target.length === 2048);
  });

  it("is none that each process sees itself", () => {
    assert.deepEqual(
      (["cut", "changed", "worker-died", "exchanged"] as const).map((type) => crosses(type)),
      [true, false, false, true],
    );
  });
});
