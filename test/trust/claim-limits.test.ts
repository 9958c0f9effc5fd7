import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { Trust } from "../../src/trust/trust.ts";
import { factsOf } from "../support/certificates.ts";

const NOW = Date.UTC(2030, 0, 1);

describe("a key that waits for review and shows one new certificate after another", () => {
  it("is kept anew as often only as its network may be met for the first time", async () => {
    await using store = openMemoryStore();
    await using trust = new Trust(store, {
      policy: { firstUse: "ask" },
      limits: { perNetwork: { burst: 3, perSecond: 0 } },
      now: () => NOW,
      process: "serve 1",
    });
    const { pin } = factsOf("eve");
    const shown: string[] = [];
    for (let index = 0; index < 10; index++) {
      const certificate = factsOf("eve", { pin });
      shown.push(certificate.fingerprint);
      const verdict = trust.judge({ certificate, caSigned: false, remoteAddress: "192.0.2.1" });
      assert.equal(verdict.decision === "refuse" && verdict.reason, "pending");
      await trust.flush();
    }
    assert.equal(store.key(pin)?.fingerprint, shown[2]);
    const elsewhere = factsOf("eve", { pin });
    trust.judge({ certificate: elsewhere, caSigned: false, remoteAddress: "198.51.100.1" });
    await trust.flush();
    assert.equal(store.key(pin)?.fingerprint, elsewhere.fingerprint);
  });

  it("costs nothing when it shows the same one again", async () => {
    await using store = openMemoryStore();
    await using trust = new Trust(store, {
      policy: { firstUse: "ask" },
      limits: { perNetwork: { burst: 2, perSecond: 0 } },
      now: () => NOW,
      process: "serve 1",
    });
    const from = { caSigned: false, remoteAddress: "192.0.2.1" };
    const certificate = factsOf("eve");
    for (let index = 0; index < 5; index++) {
      trust.judge({ certificate, ...from });
      await trust.flush();
    }
    const other = trust.judge({ certificate: factsOf("carl"), ...from });
    assert.equal(other.decision === "refuse" && other.reason, "pending");
  });
});
