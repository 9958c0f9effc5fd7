import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Operator } from "../../src/operator/operator.ts";
import { toWindow } from "../../src/operator/window.ts";
import { claimOf } from "../../src/testing/contract/claims.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { factsOf } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";

const MINUTE = 60_000;

/** A client never seen before comes while a window is open. */
async function comes(office: Office, name: string, at: number = NOW + 1): Promise<KeyPin> {
  const claim = claimOf(factsOf(name), { whileOpen: "ask", at });
  await office.store.apply(claim);
  return claim.certificate.pin;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

describe("toWindow", () => {
  it("is nothing before a window was ever opened", async () => {
    assert.equal(await toWindow(new Office().store, NOW), null);
  });

  it("says how an open window stands, and who came by it, as they are now", async () => {
    const office = new Office();
    await office.operator.openFirstUse(MINUTE, { max: 5, from: "192.0.2.0/24" });
    const [anna, ben, carl] = [
      await comes(office, "anna"),
      await comes(office, "ben"),
      await comes(office, "carl"),
    ];
    await office.store.apply(claimOf(factsOf("dora")));
    await office.operator.revoke(ben);
    await office.operator.forget(carl);
    const window = await toWindow(office.store, NOW + 2);
    const { came, ...rest } = window ?? { came: [] };
    assert.deepEqual(rest, {
      open: true,
      openedAt: iso(NOW),
      until: iso(NOW + MINUTE),
      endedAt: null,
      ended: null,
      max: 5,
      from: "192.0.2.0/24",
      taken: 3,
      event: 1,
    });
    assert.deepEqual(
      came.map(({ pin, state }) => [pin, state]),
      [
        [anna, "trusted"],
        [ben, "revoked"],
      ],
    );
  });

  it("says how the last window ended: by its time, by hand, or used up", async () => {
    const office = new Office();
    const at = (now: number): Operator =>
      new Operator(office.store, { user: "olga", process: "test 1", now: () => now });
    await at(NOW).openFirstUse(MINUTE);
    const anna = await comes(office, "anna");
    const timed = await toWindow(office.store, NOW + MINUTE);
    assert.partialDeepStrictEqual(timed, {
      open: false,
      ended: "time",
      endedAt: iso(NOW + MINUTE),
      taken: 1,
    });
    assert.equal(timed?.came[0]?.pin, anna);
    // Somebody closes it who does not know that it is over.
    await at(NOW + 2 * MINUTE).openFirstUse(0);
    assert.partialDeepStrictEqual(await toWindow(office.store, NOW + 3 * MINUTE), {
      open: false,
      ended: "time",
      endedAt: iso(NOW + MINUTE),
      taken: 1,
    });
    await at(NOW + 3 * MINUTE).openFirstUse(MINUTE, { max: 1 });
    const ben = await comes(office, "ben", NOW + 3 * MINUTE + 5);
    const usedUp = await toWindow(office.store, NOW + 3 * MINUTE + 6);
    assert.partialDeepStrictEqual(usedUp, {
      open: false,
      ended: "used-up",
      endedAt: iso(NOW + 3 * MINUTE + 5),
      taken: 1,
      max: 1,
    });
    assert.deepEqual(
      usedUp?.came.map(({ pin }) => pin),
      [ben],
    );
    await at(NOW + 4 * MINUTE).openFirstUse(MINUTE);
    await at(NOW + 4 * MINUTE + 9).openFirstUse(0);
    assert.partialDeepStrictEqual(await toWindow(office.store, NOW + 4 * MINUTE + 10), {
      open: false,
      ended: "closed",
      endedAt: iso(NOW + 4 * MINUTE + 9),
      taken: 0,
      came: [],
    });
  });

  it("counts all who came, and lists as many as were asked for", async () => {
    const office = new Office();
    await office.operator.openFirstUse(MINUTE);
    for (let index = 0; index < 5; index++) await comes(office, `peer-${index}`);
    const window = await toWindow(office.store, NOW, { limit: 2 });
    assert.deepEqual([window?.taken, window?.came.map(({ peer }) => peer)], [5, ["peer-0", "peer-1"]]);
  });
});
