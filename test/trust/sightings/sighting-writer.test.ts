import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { HandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { SightingWriter } from "../../../src/trust/sightings/sighting-writer.ts";
import type { SightingBatch } from "../../../src/trust/port/ledger.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { Refuse } from "../../../src/trust/records/verdict.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { factsOf } from "../../support/certificates.ts";
import { refusalsIn } from "../../support/listed.ts";

const AT = Date.UTC(2030, 0, 1);
const ANNA = factsOf("anna");

function refusalOf(pin = ANNA.pin): Refuse {
  return { decision: "refuse", reason: "unknown", pin, peer: "anna", conflictsWith: null };
}

/** A store that writes no sightings for a while. */
class FailingStore implements AsyncDisposable {
  readonly store: TrustStore = openMemoryStore();
  readonly errors: unknown[] = [];
  readonly writer: SightingWriter;
  now: number = AT;
  error: Error | undefined = new HandclaspError("ERR_HANDCLASP_STORE_WRITE", "the disk is full");

  constructor({ mock }: TestContext) {
    mock.timers.enable({ apis: ["setTimeout"] });
    const record = this.store.record.bind(this.store);
    this.store.record = (batch: SightingBatch) =>
      this.error === undefined ? record(batch) : Promise.reject(this.error);
    this.writer = new SightingWriter(
      this.store,
      () => this.now,
      (error) => this.errors.push(error),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}

describe("sightings that could not be written", () => {
  it("are written with the next ones, added up", async (context) => {
    await using failing = new FailingStore(context);
    const { store, writer } = failing;
    await store.apply(claimOf(ANNA));
    failing.now = AT + 1;
    writer.seen(ANNA.pin);
    writer.refused(refusalOf(), { connection: "c1", remoteAddress: "192.0.2.1" });
    failing.now = AT + 2;
    writer.refused(refusalOf(), { connection: "c2", remoteAddress: "192.0.2.1" });
    await writer.flush();
    failing.now = AT + 3;
    writer.refused(refusalOf(), { connection: "c3", remoteAddress: "192.0.2.1" });
    failing.error = undefined;
    await writer.flush();
    assert.equal(failing.errors.length, 1);
    const [refusal, ...others] = await refusalsIn(store);
    assert.partialDeepStrictEqual(refusal, { connection: "c3", firstAt: AT + 1, lastAt: AT + 3, count: 3 });
    assert.deepEqual(others, []);
    assert.equal((await store.listKeys()).items[0]?.lastSeen, AT + 1);
  });

  it("are tried again though nothing else happens", async (context) => {
    await using failing = new FailingStore(context);
    const { store, writer } = failing;
    writer.refused(refusalOf(), { connection: "c1", remoteAddress: "192.0.2.1" });
    await writer.flush();
    failing.error = undefined;
    context.mock.timers.tick(10_000);
    assert.equal((await refusalsIn(store))[0]?.count, 1);
  });

  it("take no more room than others: beyond that they are counted together", async (context) => {
    await using failing = new FailingStore(context);
    const { store, writer } = failing;
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 1500; index++) {
        writer.refused(refusalOf(), { connection: `c${index}`, remoteAddress: `192.0.${round}.${index}` });
      }
      await writer.flush();
    }
    failing.error = undefined;
    await writer.flush();
    const refusals = await refusalsIn(store);
    assert.equal(refusals.length, 2001);
    assert.equal(
      refusals.reduce((sum, { count }) => sum + count, 0),
      4500,
    );
  });

  it("are not hidden by a flood of refusals for another reason", async (context) => {
    await using failing = new FailingStore(context);
    const { store, writer } = failing;
    for (let index = 0; index < 3000; index++) {
      writer.refused(refusalOf(), { connection: `c${index}`, remoteAddress: `2001:db8::${index}` });
    }
    const changed: Refuse = { ...refusalOf(), reason: "key-changed" };
    writer.refused(changed, { connection: "thief", remoteAddress: "192.0.2.7" });
    failing.error = undefined;
    await writer.flush();
    const { items } = await store.listRefusals({ reason: "key-changed" });
    assert.partialDeepStrictEqual(items, [{ pin: ANNA.pin, address: "192.0.2.7", connection: "thief" }]);
  });

  it("are given up with the store, once it is closed", async (context) => {
    await using failing = new FailingStore(context);
    const { writer } = failing;
    failing.error = new HandclaspError("ERR_HANDCLASP_STORE_CLOSED", "the trust store is closed");
    writer.refused(refusalOf(), { connection: "c1", remoteAddress: "192.0.2.1" });
    await writer.flush();
    context.mock.timers.tick(60_000);
    await writer.flush();
    assert.equal(failing.errors.length, 1);
  });
});
