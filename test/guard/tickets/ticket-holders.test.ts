import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TicketHolders } from "../../../src/guard/tickets/ticket-holders.ts";
import { randomPin } from "../../support/certificates.ts";

describe("TicketHolders", () => {
  it("knows every key that was added, and few of the others", () => {
    const holders = new TicketHolders();
    const pins = Array.from({ length: 100_000 }, randomPin);
    for (const pin of pins) holders.add(pin);
    assert(pins.every((pin) => holders.has(pin)));
    const others = Array.from({ length: 10_000 }, randomPin).filter((pin) => holders.has(pin));
    assert(others.length < 600, `${others.length} of 10 000`);
  });

  it("knows nobody once it was cleared", () => {
    const holders = new TicketHolders();
    const pin = randomPin();
    holders.add(pin);
    holders.clear();
    assert.equal(holders.has(pin), false);
  });
});
