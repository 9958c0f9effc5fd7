import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { TrustedCertificates } from "../../../../src/authorizer/push/haproxy/trusted-certificates.ts";
import { Operator } from "../../../../src/operator/operator.ts";
import { openStore } from "../../../../src/store/open-store.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import { Trust } from "../../../../src/trust/trust.ts";
import { fakeCertificate } from "../../../../src/testing/fake-certificate.ts";
import { readCertificate } from "../../../../src/x509/certificate-facts.ts";
import { beforeItRunsOut } from "../../../support/before-it-runs-out.ts";
import { Home } from "../../../cli/support/serve.ts";
import { FILE_PATIENCE_MS } from "../../../support/patience.ts";

/** Certificates of one store, which another opening of it changes, as another process does. */
class Scene implements AsyncDisposable {
  readonly #home = new Home();
  readonly #own: TrustStore = openStore(this.#home.path("trust.db"));
  readonly #other: TrustStore = openStore(this.#home.path("trust.db"));
  readonly elsewhere: Operator = new Operator(this.#other, { user: null, process: "other", now: Date.now });
  readonly certificates: TrustedCertificates = new TrustedCertificates({
    trust: new Trust(this.#own, { now: Date.now, process: "test" }),
    now: Date.now,
    onEntry: () => undefined,
    onError: (error) => {
      throw error;
    },
  });

  async [Symbol.asyncDispose](): Promise<void> {
    this.certificates.close();
    await Promise.all([this.#own.close(), this.#other.close()]);
    this.#home[Symbol.dispose]();
  }
}

/** Comes to be so, though the machine may be too slow to say so at first. */
async function believable(certificates: TrustedCertificates): Promise<void> {
  while ((await certificates.believableUntil(3000)) === undefined) await setImmediate();
}

const ada = readCertificate(fakeCertificate("ada"));
const entry = ada.fingerprint.toUpperCase();

describe("certificates that HAProxy may be told of", () => {
  it("are believable with everything in them that any process committed before", async () => {
    await using scene = new Scene();
    const { certificates, elsewhere } = scene;
    await elsewhere.import(ada);
    await certificates.load();
    for (let times = 0; times < 5; times++) {
      await elsewhere.revoke(ada.pin);
      await believable(certificates);
      assert.equal(certificates.valueOf(entry), undefined);
      await elsewhere.approve(ada.pin);
      while (certificates.valueOf(entry) === undefined) await setImmediate();
    }
    assert.equal(certificates.valueOf(entry), `${ada.pin},ada,`);
  });

  it("are believable while another process writes all the time, for no longer than from when it was asked", async () => {
    await using scene = new Scene();
    const { certificates, elsewhere } = scene;
    await certificates.load();
    const written: string[] = [];
    const writing = (async () => {
      for (let number = 0; number < 20; number++) {
        const facts = readCertificate(fakeCertificate(`peer ${number}`));
        await elsewhere.import(facts);
        written.push(facts.pin);
      }
    })();
    while (written.length < 20) {
      const asked = Date.now();
      const until = await certificates.believableUntil(3000);
      const isSo = until === undefined || (until >= asked + 3000 && until <= Date.now() + 3000);
      assert.ok(isSo, `${until}`);
      await setImmediate();
    }
    await writing;
    await believable(certificates);
  });

  it("are never believable beyond the first end of an approval", async () => {
    await using done = await beforeItRunsOut(1500, async (attempt) => {
      const { certificates, elsewhere } = attempt.use(new Scene());
      const expires = attempt.runsOutAt(Date.now() + attempt.forMs);
      await elsewhere.import(ada, { expires });
      await certificates.load();
      assert.equal(await certificates.believableUntil(FILE_PATIENCE_MS), expires);
      return { certificates, end: expires };
    });
    const { certificates, end } = done;
    while (certificates.valueOf(entry) !== undefined) {
      await setImmediate();
      await certificates.believableUntil(3000);
    }
    assert.ok(Date.now() >= end);
    assert.ok(((await certificates.believableUntil(3000)) ?? 0) > end);
  });
});
