import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseNewSessionTicket } from "../../../src/tls/messages/new-session-ticket.ts";
import { concat, extension, uint, vector } from "./support/encode.ts";

describe("NewSessionTicket", () => {
  it("of TLS 1.3 has a nonce and says how much early data may come", () => {
    const limits = vector(2, extension(42, uint(4, 16384)), extension(0x0a0a));
    const body = concat(uint(4, 7200), uint(4, 0xffff_fffe), vector(1, [0, 1]), vector(2, [5, 6]), limits);
    assert.deepEqual(parseNewSessionTicket(body, "TLSv1.3"), {
      lifetimeSeconds: 7200,
      ageAdd: 0xffff_fffe,
      nonce: Uint8Array.of(0, 1),
      ticket: Uint8Array.of(5, 6),
      maxEarlyDataSize: 16384,
      extensions: [
        { type: 42, data: Uint8Array.of(0, 0, 64, 0) },
        { type: 0x0a0a, data: Uint8Array.of() },
      ],
    });
  });

  it("of TLS 1.2 has a lifetime and the ticket", () => {
    const { lifetimeSeconds, ageAdd, nonce, ticket } = parseNewSessionTicket(
      concat(uint(4, 300), vector(2, [1])),
      "TLSv1.2",
    );
    assert.deepEqual([lifetimeSeconds, ageAdd, nonce, ticket], [300, undefined, undefined, Uint8Array.of(1)]);
  });
});
