import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { IDENTITY_TYPES } from "../../src/x509/identity-type.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { successorsOf } from "../support/successor.ts";
import { type Asked, AuthorizerScene } from "./support/authorizer-scene.ts";
import { WHAT_NO_PROXY_SENDS } from "./vectors/what-no-proxy-sends.ts";
import { type ProxyVector, WHAT_PROXIES_SEND } from "./vectors/what-proxies-send.ts";

function shownBy({ path, field, write }: ProxyVector, ...shown: readonly [string, ...string[]]): Asked {
  return { path, fields: [[field, write(shown)] as const] };
}

describe("what proxies send", () => {
  let scene: AuthorizerScene;
  let issuer: TestIdentity;
  before(async () => {
    scene = await AuthorizerScene.open();
    issuer = await identity("issuer");
  });
  after(() => scene[Symbol.asyncDispose]());

  for (const type of IDENTITY_TYPES) {
    it(`is judged by every path for ${type} keys: waiting, trusted, revoked`, async () => {
      for (const vector of WHAT_PROXIES_SEND) {
        const name = `${type} ${vector.proxy}`;
        const { cert, facts } = await identity(name, { type });
        const asked = shownBy(vector, cert, issuer.cert);
        assert.deepEqual(await scene.ask(asked), refused(403, "pending"), name);
        await scene.operator.approve(facts.pin);
        const { status, key, peer } = await scene.ask(asked);
        assert.deepEqual([status, key, peer], [200, facts.pin, encodeURIComponent(name)]);
        await scene.operator.revoke(facts.pin);
        assert.deepEqual(await scene.ask(asked), refused(403, "revoked"), name);
      }
    });
  }

  it("is followed over rotations, of ML-DSA-87 with some 36 kB of certificate, too", async () => {
    for (const vector of WHAT_PROXIES_SEND) {
      const first = await identity(`old ${vector.proxy}`, { type: "ml-dsa-87" });
      await scene.ask(shownBy(vector, first.cert));
      await scene.operator.approve(first.facts.pin);
      const next = (await successorsOf(first, 4)).at(-1) ?? first;
      assert.ok(next.facts.der.length > 36_000, `${next.facts.der.length} bytes`);
      const { status, key } = await scene.ask(shownBy(vector, next.cert));
      assert.deepEqual([status, key], [200, next.facts.pin], vector.proxy);
      assert.deepEqual(await scene.ask(shownBy(vector, first.cert)), refused(403, "revoked"));
    }
  });

  it("is no certificate where there is none, whatever stands in its place", async () => {
    for (const { proxy, path, field, empty } of WHAT_PROXIES_SEND) {
      for (const fields of [[], ...empty.map((text) => [[field, text] as const])]) {
        assert.deepEqual(await scene.ask({ path, fields }), refused(401, "no-certificate"), proxy);
      }
    }
  });

  it("has the client's address where the proxy put it, and not where the client did", async () => {
    const { cert } = await identity("addressed");
    for (const vector of WHAT_PROXIES_SEND) {
      const [field, write] = vector.address;
      const addresses: (string | undefined)[] = [];
      const stop = scene.happenings.subscribe(["refused"], ({ connection }) =>
        addresses.push(connection?.remoteAddress),
      );
      const { path, fields } = shownBy(vector, cert);
      await scene.ask({ path, fields: [...(fields ?? []), [field, write("198.51.100.7")]] });
      stop();
      assert.deepEqual(addresses, ["198.51.100.7"], vector.proxy);
    }
  });
});

describe("what no proxy sends", () => {
  for (const { what, path, fields, status } of WHAT_NO_PROXY_SENDS) {
    it(`lets nobody in: ${what}`, async () => {
      await using scene = await AuthorizerScene.open();
      const [own, other] = [await identity("mallory"), await identity("anna")];
      await scene.operator.import(other.facts);
      const verdict = await scene.ask({ path, fields: fields(own.cert, other.cert) });
      assert.deepEqual([verdict.status, verdict.key], [status, undefined]);
    });
  }
});

function refused(status: number, reason: string): object {
  return { status, reason, key: undefined, peer: undefined };
}
