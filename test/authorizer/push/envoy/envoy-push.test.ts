import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EnvoyPush } from "../../../../src/authorizer/push/envoy/envoy-push.ts";
import { Operator } from "../../../../src/operator/operator.ts";
import { openMemoryStore } from "../../../../src/store/sqlite/memory-store.ts";
import { Happenings } from "../../../../src/trust/happenings/happenings.ts";
import { Trust } from "../../../../src/trust/trust.ts";
import type { KeyPin } from "../../../../src/x509/certificate-facts.ts";
import { identity } from "../../../guard/support/identities.ts";
import { until } from "../../../proxies/support/until.ts";

const NOBODY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/** A store in memory whose trusted keys are kept in a text. */
class EnvoyScene implements AsyncDisposable {
  readonly store = openMemoryStore();
  readonly operator = new Operator(this.store, { user: "olga", process: "test", now: Date.now });
  readonly trust = new Trust(this.store, { now: Date.now, process: "test" });
  readonly happenings = new Happenings();
  readonly told: string[] = [];
  readonly written: string[] = [];
  cannotWrite = false;
  /** How far its clock is ahead. */
  laterMs = 0;
  readonly push = new EnvoyPush({
    place: "/etc/envoy/handclasp.json",
    trust: this.trust,
    happenings: this.happenings,
    now: () => Date.now() + this.laterMs,
    write: (text) => {
      if (this.cannotWrite) return Promise.reject(new Error("no space left"));
      this.written.push(text);
      return Promise.resolve();
    },
  });

  constructor() {
    this.happenings.subscribe(["push-in-step", "push-failed"], ({ type, push, place }) => {
      this.told.push(`${type} ${push} ${place}`);
    });
  }

  async known(name: string, expires?: number): Promise<KeyPin> {
    const { facts } = await identity(name);
    await this.operator.import(facts, expires === undefined ? {} : { expires });
    return facts.pin;
  }

  /** Comes to hold when the file has exactly these. */
  async holds(...pins: readonly KeyPin[]): Promise<void> {
    const wanted = pins.map((pin) => pin.replace("sha256:", "")).toSorted();
    await until(
      () => Promise.resolve(hashesIn(this.written.at(-1)).join() === wanted.join()),
      `the file has ${pins.length} keys`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.push.close();
    await this.trust[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}

function hashesIn(text: string | undefined): readonly string[] {
  const { resources } = JSON.parse(text ?? '{"resources":[]}') as {
    readonly resources: readonly {
      readonly validation_context: { readonly verify_certificate_spki: readonly string[] };
    }[];
  };
  return resources[0]?.validation_context.verify_certificate_spki ?? [];
}

describe("the keys of trusted peers in a file for Envoy", () => {
  it("are there as its SDS reads them, and never an empty list, which would let everybody in", async () => {
    await using scene = new EnvoyScene();
    scene.push.start();
    await until(() => Promise.resolve(scene.told.length > 0), "it is in step");
    assert.deepEqual(hashesIn(scene.written.at(-1)), [NOBODY]);
    const anna = await scene.known("anna");
    await scene.holds(anna);
    assert.partialDeepStrictEqual(JSON.parse(scene.written.at(-1) ?? ""), {
      resources: [
        {
          "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
          name: "handclasp",
        },
      ],
    });
    assert.deepEqual(scene.told, ["push-in-step envoy-sds /etc/envoy/handclasp.json"]);
  });

  it("are those that are trusted now: the ones from before the start, not those revoked, set aside, or over", async () => {
    await using scene = new EnvoyScene();
    const [anna, bert] = [await scene.known("anna"), await scene.known("bert")];
    const over = await scene.known("over", Date.now() + 60_000);
    await scene.operator.revoke("bert");
    scene.push.start();
    await scene.holds(anna, over);
    await scene.operator.approve(bert);
    await scene.holds(anna, bert, over);
    scene.laterMs = 60_000;
    await scene.holds(anna, bert);
    await scene.operator.revoke("anna");
    await scene.holds(bert);
  });

  it("are written again once that can be done, which is told once", async () => {
    await using scene = new EnvoyScene();
    scene.push.start();
    const anna = await scene.known("anna");
    await scene.holds(anna);
    scene.cannotWrite = true;
    const bert = await scene.known("bert");
    await until(() => Promise.resolve(scene.told.length > 1), "the failure is told");
    await scene.operator.revoke("anna");
    scene.cannotWrite = false;
    await scene.holds(bert);
    await until(() => Promise.resolve(scene.told.length > 2), "it is in step again");
    assert.deepEqual(
      scene.told.map((line) => line.split(" ")[0]),
      ["push-in-step", "push-failed", "push-in-step"],
    );
  });

  it("are nobody's once the store cannot be read, and once nobody keeps the file", async () => {
    await using scene = new EnvoyScene();
    const anna = await scene.known("anna");
    scene.push.start();
    await scene.holds(anna);
    await scene.store[Symbol.asyncDispose]();
    await until(() => Promise.resolve(hashesIn(scene.written.at(-1))[0] === NOBODY), "nobody is in it");
    assert.equal(scene.told.at(-1)?.split(" ")[0], "push-failed");

    await using other = new EnvoyScene();
    const bert = await other.known("bert");
    other.push.start();
    await other.holds(bert);
    await other.push.close();
    assert.deepEqual(hashesIn(other.written.at(-1)), [NOBODY]);
  });
});
