import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../src/operator/operator.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { Trust } from "../../src/trust/trust.ts";
import type { CertificateFacts } from "../../src/x509/certificate-facts.ts";
import { factsOf } from "../support/certificates.ts";

const MINUTE_MS = 60_000;

/** A server that accepts first use, with the limits that it has by default. */
class Welcoming implements AsyncDisposable {
  now: number = Date.UTC(2030, 0, 1);
  readonly store: TrustStore;
  readonly #trust: Trust;

  constructor(store: TrustStore = openMemoryStore()) {
    this.store = store;
    this.#trust = new Trust(store, {
      policy: { firstUse: "accept" },
      now: () => this.now,
      process: "serve 1",
    });
  }

  /** How a key fares that `by` endorsed. */
  async meet(certificate: CertificateFacts, by?: CertificateFacts, from?: string): Promise<string> {
    const [outcome = ""] = await this.meetAll(1, certificate, by, from);
    return outcome;
  }

  /** The same on so many connections: each is judged before anything is written down. */
  meetAll(
    count: number,
    certificate: CertificateFacts,
    by?: CertificateFacts,
    from = "192.0.2.1",
  ): Promise<readonly string[]> {
    const endorsement = by === undefined ? [] : [{ oldPin: by.pin, issuedAt: this.now, verify: () => true }];
    const showing = { certificate, caSigned: false, remoteAddress: from, endorsement };
    const verdicts = Array.from({ length: count }, () => this.#trust.judge(showing));
    return Promise.all(
      verdicts.map(async (verdict) => {
        const settled = verdict.decision === "claim" ? await this.#trust.settle(verdict, showing) : verdict;
        return settled.decision === "refuse" ? settled.reason : settled.decision;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#trust[Symbol.asyncDispose]();
    await this.store.close();
  }
}

/** So many peers come, then each rotates as often as it may; how many keys got in by that. */
async function flood(server: Welcoming, peers: number, rotations: number, who = "eve"): Promise<number> {
  let through = 0;
  for (let index = 0; index < peers; index++) {
    let key = factsOf(`${who}-${index}`);
    if ((await server.meet(key)) !== "admit") continue;
    through += 1;
    for (let turn = 0; turn < rotations; turn++) {
      const next = factsOf(`${who}-${index}`);
      if ((await server.meet(next, key)) !== "admit") break;
      key = next;
      through += 1;
    }
  }
  return through;
}

describe("a peer that changes its key again and again", () => {
  it("is let through ten times at once, and then once a minute, whoever else rotates", async () => {
    await using server = new Welcoming();
    let eve = factsOf("eve");
    await server.meet(eve);
    const rotate = async (times: number): Promise<number> => {
      let through = 0;
      for (let time = 0; time < times; time++) {
        const next = factsOf("eve");
        if ((await server.meet(next, eve)) === "rate-limited") continue;
        eve = next;
        through += 1;
      }
      return through;
    };
    assert.equal(await rotate(500), 10);
    const { events, keys } = server.store.stats();
    assert.deepEqual([events, keys.retired, keys.pending], [21, 10, 0]);
    assert.equal(await server.meet(eve), "admit");
    const ben = factsOf("ben");
    await server.meet(ben);
    assert.equal(await server.meet(factsOf("ben"), ben), "admit");
    server.now += 3 * MINUTE_MS;
    assert.equal(await rotate(500), 3);
  });

  it("is let through no more often by two processes on one store", async () => {
    await using one = new Welcoming();
    await using two = new Welcoming(one.store);
    let eve = factsOf("eve");
    await one.meet(eve);
    let through = 0;
    for (let time = 0; time < 40; time++) {
      const next = factsOf("eve");
      if ((await (time % 2 === 0 ? one : two).meet(next, eve)) === "rate-limited") continue;
      eve = next;
      through += 1;
    }
    assert.equal(through, 10);
  });

  it("may open many connections with a new key at once", async () => {
    await using server = new Welcoming();
    const [anna, next] = [factsOf("anna"), factsOf("anna")];
    await server.meet(anna);
    const met = await server.meetAll(50, next, anna);
    assert.deepEqual(new Set(met), new Set(["admit"]));
    assert.equal(server.store.stats().keys.retired, 1);
  });
});

describe("peers that were met by first use and change their keys", () => {
  it("are limited with the strangers of their network", async () => {
    await using server = new Welcoming();
    assert.equal(await flood(server, 60, 10), 300);
    assert.equal(await server.meet(factsOf("anna")), "rate-limited");
    assert.equal(await server.meet(factsOf("anna"), undefined, "198.51.100.1"), "admit");
    server.now += 1000;
    assert.equal(await flood(server, 5, 10, "mallory"), 10);
  });

  it("keep the turns that their network left them nothing for", async () => {
    await using server = new Welcoming();
    const ben = factsOf("ben");
    await server.meet(ben);
    await flood(server, 60, 10);
    for (let turn = 0; turn < 20; turn++)
      assert.equal(await server.meet(factsOf("ben"), ben), "rate-limited");
    let key = ben;
    for (let turn = 0; turn < 10; turn++) {
      const next = factsOf("ben");
      assert.equal(await server.meet(next, key, "198.51.100.1"), "admit");
      key = next;
    }
  });

  it("are counted for themselves only once an operator stands behind them", async () => {
    await using server = new Welcoming();
    const [anna, next, carl] = [factsOf("anna"), factsOf("anna"), factsOf("carl")];
    const operator = new Operator(server.store, { user: "olga", process: "test 1", now: () => server.now });
    await operator.import(anna);
    await server.meet(carl);
    await flood(server, 60, 10);
    assert.equal(await server.meet(next, anna), "admit");
    assert.equal(await server.meet(factsOf("anna"), next), "admit");
    assert.equal(await server.meet(factsOf("carl"), carl), "rate-limited");
  });

  for (const how of ["approves", "brings"] as const) {
    it(`are counted for themselves once an operator ${how} the key that is trusted already`, async () => {
      await using server = new Welcoming();
      const anna = factsOf("anna");
      const operator = new Operator(server.store, {
        user: "olga",
        process: "test 1",
        now: () => server.now,
      });
      await server.meet(anna);
      await flood(server, 60, 10);
      assert.equal(await server.meet(factsOf("anna"), anna), "rate-limited");
      await (how === "approves" ? operator.approve(anna.pin) : operator.import(anna));
      assert.equal(await server.meet(factsOf("anna"), anna), "admit");
      assert.equal(server.store.audit().rows?.count, 0);
    });
  }
});
