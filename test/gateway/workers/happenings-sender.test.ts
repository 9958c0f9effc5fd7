import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HappeningsBatch, HappeningsSender } from "../../../src/gateway/workers/happenings-sender.ts";
import type { Happening } from "../../../src/trust/happenings/happening.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";

const FULL: Happening = { type: "full", listener: "main", most: 3 };

describe("what a worker tells its primary", () => {
  it("is nothing that was not asked for", () => {
    const happenings = new Happenings();
    const sender = new HappeningsSender(() => assert.fail("nothing was asked for"));
    sender.follow(happenings);
    assert.equal(happenings.hears("full"), false);
    sender.hear(["full"]);
    assert.equal(happenings.hears("full"), true);
    sender.hear(["cut"]);
    assert.deepEqual([happenings.hears("full"), happenings.hears("cut")], [false, true]);
  });

  it("goes as one message for a tick, in order", async () => {
    const happenings = new Happenings();
    const batches: HappeningsBatch[] = [];
    const sender = new HappeningsSender((batch) => {
      batches.push(batch);
      return Promise.resolve();
    });
    sender.hear(["full", "listening"]);
    sender.follow(happenings);
    happenings.tell(FULL);
    happenings.tell({ type: "listening", listener: null, address: { host: "::1", port: 1 } });
    await sender.sent();
    happenings.tell(FULL);
    await sender.sent();
    assert.deepEqual(
      batches.map((batch) => batch.happenings.map(({ type }) => type)),
      [["full", "listening"], ["full"]],
    );
  });

  it("waits while the channel is full, up to a bound; beyond it is only counted", async () => {
    const happenings = new Happenings();
    const batches: HappeningsBatch[] = [];
    const { promise: room, resolve: makeRoom } = Promise.withResolvers<void>();
    const sender = new HappeningsSender((batch) => {
      batches.push(batch);
      return room;
    });
    sender.hear(["full"]);
    sender.follow(happenings);
    for (let count = 0; count < 5000; count++) happenings.tell(FULL);
    const sent = sender.sent();
    makeRoom();
    await sent;
    assert.deepEqual(
      batches.map(({ happenings: told, lost }) => [told.length, lost]),
      [[1000, 4000]],
    );
  });
});
