import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { SessionJson } from "../../src/admin/schemas/session.ts";
import { hashOfSecret } from "../../src/trust/naming/api-token.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { identity } from "../guard/support/identities.ts";
import { type GuardedAsk, OpenGuarded } from "./support/open-guarded.ts";

/** What a browser is told that comes again where it is hung up on: by what was decided about its key a moment ago. */
async function sessionOf(api: OpenGuarded, options: GuardedAsk = {}): Promise<SessionJson> {
  const { status, body } = await api.ask("/v1/session", options).catch(() => api.ask("/v1/session", options));
  assert.equal(status, 200);
  return body as unknown as SessionJson;
}

describe("the page over TLS", () => {
  it("signs in whoever shows the certificate of an operator, as what their group says", async () => {
    await using api = await OpenGuarded.open();
    for (const [group, scope] of [
      ["operators-read", "read"],
      ["operators-approve", "approve"],
      ["operators-manage", "manage"],
      ["operators", "admin"],
    ] as const) {
      const who = await api.enlist(`of ${group}`, group);
      const { operator } = await sessionOf(api, { identity: who });
      const keyId = toKeyId(who.facts.pin);
      assert.deepEqual(operator, { name: `of ${group}`, scope, via: "certificate", keyId });
    }
  });

  it("tells nobody's certificate why it lets nobody in, and what would, instead of an alert", async () => {
    await using api = await OpenGuarded.open();
    const anna = await identity("anna");
    const keyId = toKeyId(anna.facts.pin);
    const stranger = await sessionOf(api, { identity: anna });
    assert.equal(stranger.operator, null);
    assert.deepEqual(stranger.refusal, { reason: "pending", keyId, peer: "anna" });
    assert.equal(stranger.commands.length, 2);
    assert.doesNotMatch(stranger.commands.join(), /--store/);
    await api.operator.approve(anna.facts.pin);
    const peer = await sessionOf(api, { identity: anna });
    assert.deepEqual(peer.refusal, { reason: "not-an-operator", keyId, peer: "anna" });
    assert.match(peer.commands[0] ?? "", /^handclasp group add .*operators /);
    await api.operator.revoke(anna.facts.pin);
    assert.equal((await sessionOf(api, { identity: anna })).refusal?.reason, "revoked");
    assert.equal((await api.ask("/peers", { identity: anna })).status, 200);
  });

  it("has nothing else for whoever is refused, whatever they bring", async () => {
    await using api = await OpenGuarded.open();
    const admin = await api.operator.createApiToken({
      name: "ci",
      scope: "admin",
      expires: Date.now() + 60_000,
    });
    const anna = await identity("anna");
    const headers = { authorization: `Bearer ${admin.token}`, origin: api.origin };
    for (const [method, path, body] of [
      ["GET", "/v1/keys"],
      ["GET", "/v1/health"],
      ["GET", "/v1/stream"],
      ["GET", "/v1/nothing"],
      ["POST", "/v1/session", { bearer: admin.token }],
    ] as const) {
      const { status, body: answer } = await api.ask(path, { identity: anna, method, body, headers });
      assert.deepEqual([status, answer["code"]], [401, "refused"], path);
    }
    const { status } = await api.ask("/v1/keys", { headers });
    assert.equal(status, 200);
  });

  it("signs in by an API token without a certificate, and keeps that in a cookie that no script reads", async () => {
    await using api = await OpenGuarded.open();
    const { token } = await api.operator.createApiToken({
      name: "ci",
      scope: "read",
      expires: Date.now() + 60_000,
    });
    const { status, headers, body } = await api.ask("/v1/session", {
      method: "POST",
      body: { bearer: token },
      headers: { origin: api.origin },
    });
    assert.deepEqual([status, body], [201, { secret: null }]);
    const [cookie = ""] = headers["set-cookie"] ?? [];
    assert.match(cookie, /^__Host-handclasp=hcs1\.[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
    const { operator } = await sessionOf(api, { headers: { cookie: cookie.split(";")[0] ?? "" } });
    assert.deepEqual(operator, { name: "ci", scope: "read", via: "bearer", keyId: null });
  });

  it("has nobody in by what a link on the same store began: that is for the machine itself", async () => {
    await using api = await OpenGuarded.open();
    const secret = `hcs1.${"A".repeat(43)}`;
    const [createdAt, expires] = [Date.now(), Date.now() + 60_000];
    const session = { hash: hashOfSecret(secret), of: "link:root", user: "root", createdAt, expires };
    await api.store.putSession({ ...session, via: "link" });
    for (const headers of [{ cookie: `__Host-handclasp=${secret}` }, { authorization: `Bearer ${secret}` }]) {
      const { status, body } = await api.ask("/v1/keys", { headers });
      assert.deepEqual([status, body["code"]], [401, "credentials-ended"]);
    }
  });

  it("cuts an operator who is revoked, in the middle of a stream", async () => {
    await using api = await OpenGuarded.open();
    await api.enlist("another", "operators");
    const anna = await api.enlist("anna", "operators");
    const stream = await api.open("/v1/stream", { identity: anna });
    await once(stream, "data");
    const ended = new Promise((resolve) => stream.on("close", resolve));
    stream.on("error", () => undefined).resume();
    await api.operator.revoke(anna.facts.pin);
    await ended;
    assert.equal((await sessionOf(api, { identity: anna })).operator, null);
  });

  it("ends the stream of who left the group, and what they may with it", async () => {
    await using api = await OpenGuarded.open();
    const anna = await api.enlist("anna", "operators-approve");
    const stream = await api.open("/v1/stream", { identity: anna });
    await once(stream, "data");
    const ended = once(stream, "end");
    stream.resume();
    await api.operator.removeFromGroup("operators-approve", anna.facts.pin);
    await ended;
    assert.equal((await api.ask("/v1/keys", { identity: anna })).status, 401);
  });
});
