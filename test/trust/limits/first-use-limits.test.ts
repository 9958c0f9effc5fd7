import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { FirstUseLimits, type FirstUseLimitOptions } from "../../../src/trust/limits/first-use-limits.ts";

const SMALL: FirstUseLimitOptions = {
  perNetwork: { burst: 3, perSecond: 1 },
  overall: { burst: 5, perSecond: 2 },
  maxNetworks: 4,
};

function grants(limits: FirstUseLimits, network: string, now: number, tries: number): number {
  let granted = 0;
  for (let index = 0; index < tries; index++) if (limits.take(network, now)) granted += 1;
  return granted;
}

describe("limits of first use", () => {
  it("grant one network its burst, then its rate", () => {
    const limits = new FirstUseLimits(SMALL);
    assert.equal(grants(limits, "192.0.2.1", 0, 10), 3);
    assert.equal(grants(limits, "192.0.2.1", 999, 10), 0);
    assert.equal(grants(limits, "192.0.2.1", 2000, 10), 2);
    assert.equal(grants(limits, "192.0.2.1", 60_000, 10), 3);
  });

  it("grant all networks together the total", () => {
    const limits = new FirstUseLimits(SMALL);
    assert.equal(grants(limits, "192.0.2.1", 0, 10) + grants(limits, "192.0.2.2", 0, 10), 5);
    assert.equal(grants(limits, "192.0.2.3", 0, 10), 0);
  });

  it("leave the total to others when one network floods", () => {
    const limits = new FirstUseLimits();
    assert.equal(grants(limits, "192.0.2.1", 0, 10_000), 300);
    assert.equal(grants(limits, "2001:db8::/64", 0, 10_000), 300);
  });

  it("take a token of both buckets or of none", () => {
    const limits = new FirstUseLimits(SMALL);
    grants(limits, "192.0.2.1", 0, 3);
    grants(limits, "192.0.2.2", 0, 2);
    assert.equal(limits.take("192.0.2.2", 0), false, "the total is empty");
    assert.equal(limits.take("192.0.2.2", 500), true, "its own third token is still there");
    assert.equal(limits.take("192.0.2.1", 500), false);
    assert.equal(grants(limits, "192.0.2.3", 1000, 5), 1, "the refused one took nothing of the total");
  });

  it("do not remember a network that was granted nothing", () => {
    const limits = new FirstUseLimits({ ...SMALL, maxNetworks: 50 });
    for (let index = 0; index < 100; index++) limits.take(`192.0.2.${index}`, 0);
    assert.equal(limits.networkCount, 5);
  });

  it("forget a network whose bucket has filled again", () => {
    const limits = new FirstUseLimits(SMALL);
    limits.take("192.0.2.1", 0);
    limits.take("192.0.2.2", 0);
    limits.take("192.0.2.3", 10_000);
    assert.equal(limits.networkCount, 1);
  });

  it("do not give a network a fresh bucket because it brought many other networks", () => {
    const limits = new FirstUseLimits();
    assert.equal(grants(limits, "192.0.2.66", 0, 1000), 300);
    for (let index = 0; index < 40_000; index++)
      limits.take(`2001:db8:0:${index.toString(16)}::/64`, index >> 1);
    assert.equal(grants(limits, "192.0.2.66", 24_000, 1000), 240);
    assert.ok(limits.networkCount <= 10_000);
  });

  it("grant nothing more when the clock goes back, and go on from there", () => {
    const limits = new FirstUseLimits(SMALL);
    const now = Date.parse("2030-01-01T00:00:00Z");
    assert.equal(grants(limits, "192.0.2.1", now, 10), 3);
    const earlier = now - 3_600_000;
    assert.equal(grants(limits, "192.0.2.1", earlier, 10), 0);
    assert.equal(grants(limits, "192.0.2.1", earlier + 1000, 10), 1);
  });

  it("never grant more than burst and rate allow, however networks and times come", () => {
    const step = fc.record({ network: fc.constantFrom("a", "b", "c", "d", "e", "f"), wait: fc.nat(1500) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const limits = new FirstUseLimits({ ...SMALL, maxNetworks: 6 });
        const granted = new Map<string, number>();
        let now = 0;
        for (const { network, wait } of steps) {
          now += wait;
          if (!limits.take(network, now)) continue;
          granted.set(network, (granted.get(network) ?? 0) + 1);
        }
        const counts = [...granted.values()];
        for (const count of counts) assert.ok(count <= 3 + now / 1000);
        assert.ok(counts.reduce((sum, count) => sum + count, 0) <= 5 + (2 * now) / 1000);
      }),
    );
  });

  it("remember no more networks than allowed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(30), fc.integer({ min: -500, max: 2000 })), { maxLength: 300 }),
        (steps) => {
          const limits = new FirstUseLimits(SMALL);
          let now = 0;
          for (const [network, wait] of steps) {
            limits.take(`192.0.2.${network}`, (now += wait));
            assert.ok(limits.networkCount <= SMALL.maxNetworks);
          }
        },
      ),
    );
  });

  it("have to be positive numbers", () => {
    const wrong: readonly Partial<FirstUseLimitOptions>[] = [
      { maxNetworks: 0 },
      { maxNetworks: 1.5 },
      { overall: { burst: 0, perSecond: 1 } },
      { perNetwork: { burst: 1, perSecond: -1 } },
      { perNetwork: { burst: Number.NaN, perSecond: 1 } },
    ];
    for (const options of wrong) {
      assert.throws(
        () => new FirstUseLimits(options),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"),
      );
    }
  });
});
