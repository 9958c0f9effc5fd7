import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FirstUseLimits } from "../../../src/trust/limits/first-use-limits.ts";
import { firstLease, grantLease, LeasedLimits } from "../../../src/trust/limits/leased-limits.ts";

const LIMITS = { perNetwork: { burst: 30, perSecond: 1 }, overall: { burst: 100, perSecond: 10 } };

/** Processes that share limits; a message is on its way until `deliver`. */
class Sharers {
  readonly limits: FirstUseLimits = new FirstUseLimits(LIMITS);
  readonly leases: readonly LeasedLimits[];
  readonly #waiting = new Set<LeasedLimits>();

  constructor(count: number, size: number) {
    this.leases = Array.from({ length: count }, () => {
      const lease: LeasedLimits = new LeasedLimits({ size, tokens: this.limits.lease(size, 0) }, () =>
        this.#waiting.add(lease),
      );
      return lease;
    });
  }

  get isQuiet(): boolean {
    return this.#waiting.size === 0;
  }

  deliver(now: number): void {
    for (const lease of this.#waiting) {
      this.#waiting.delete(lease);
      lease.grant(grantLease(this.limits, lease.drain(), now), now);
    }
  }

  at(index: number): LeasedLimits {
    const lease = this.leases[index % this.leases.length];
    assert.ok(lease);
    return lease;
  }
}

describe("leased limits", () => {
  it("give out the whole total once, however the networks spread over the processes", () => {
    const sharers = new Sharers(4, 12);
    let met = 0;
    for (let client = 0; client < 400; client++) {
      if (sharers.at(client).take(`network ${client}`, 0)) met += 1;
      sharers.deliver(0);
    }
    assert.equal(met, LIMITS.overall.burst);
  });

  it("give out the whole total to one process that all clients come to, but for what others hold", () => {
    const sharers = new Sharers(4, 12);
    let met = 0;
    for (let client = 0; client < 400; client++) {
      if (sharers.at(0).take(`network ${client}`, 0)) met += 1;
      sharers.deliver(0);
    }
    assert.equal(met, LIMITS.overall.burst - 3 * 12);
  });

  it("never give out more than the total while messages are late", () => {
    const sharers = new Sharers(4, 25);
    let met = 0;
    for (let client = 0; client < 4000; client++) {
      if (sharers.at(client).take(`network ${client}`, 0)) met += 1;
      if (client % 500 === 0) sharers.deliver(0);
    }
    assert.ok(met <= LIMITS.overall.burst, String(met));
  });

  it("bar a network in all processes once it has used its own tokens", () => {
    const sharers = new Sharers(2, 25);
    let met = 0;
    for (let client = 0; client < 60; client++) {
      if (sharers.at(client).take("one", 0)) met += 1;
      sharers.deliver(0);
    }
    // A process learns of the bar with its own next report.
    assert.ok(met >= 30 && met <= 31, String(met));
    assert.equal(sharers.at(0).take("two", 0), true);
  });

  it("make a network pay back what it had too much", () => {
    const sharers = new Sharers(2, 25);
    let met = 0;
    for (let client = 0; client < 50; client++) if (sharers.at(client).take("one", 0)) met += 1;
    assert.equal(met, 50);
    sharers.deliver(0);
    // The second one was told: 20 too much, and a token each second.
    assert.equal(sharers.at(1).take("one", 20_000), false);
    assert.equal(sharers.at(1).take("one", 21_000), true);
  });

  it("come back as the total fills", () => {
    const sharers = new Sharers(2, 25);
    const drain = (now: number): number => {
      let met = 0;
      for (let client = 0; client < 300; client++) {
        if (sharers.at(client).take(`${now} ${client}`, now)) met += 1;
        sharers.deliver(now);
      }
      return met;
    };
    assert.equal(drain(0), 100);
    assert.equal(drain(10), 0);
    assert.ok(Math.abs(drain(2000) - 20) <= 1);
  });

  it("begin with equal parts of half the total", () => {
    const limits = new FirstUseLimits(LIMITS);
    const { burst } = LIMITS.overall;
    const leases = Array.from({ length: 4 }, () => firstLease(limits, { burst, processes: 4 }, 0));
    assert.deepEqual(
      leases.map(({ size, tokens }) => `${tokens} of ${size}`),
      ["13 of 13", "13 of 13", "13 of 13", "13 of 13"],
    );
    assert.equal(limits.lease(burst, 0), burst - 4 * 13);
  });

  it("come to a process, too, that began when there was nothing to be had", () => {
    const limits = new FirstUseLimits(LIMITS);
    limits.lease(LIMITS.overall.burst, 0);
    let asks = 0;
    const lease = new LeasedLimits(
      firstLease(limits, { burst: LIMITS.overall.burst, processes: 2 }, 0),
      () => (asks += 1),
    );
    assert.equal(lease.take("one", 10_000), false);
    assert.equal(asks, 1);
    lease.grant(grantLease(limits, lease.drain(), 10_000), 10_000);
    assert.equal(lease.take("one", 10_000), true);
  });

  it("do not ask over and over when there is nothing to be had", () => {
    const sharers = new Sharers(1, 100);
    for (let client = 0; client < 100; client++) sharers.at(0).take(`${client}`, 0);
    sharers.deliver(0);
    assert.equal(sharers.at(0).take("x", 1), false);
    assert.equal(sharers.isQuiet, true);
  });
});
