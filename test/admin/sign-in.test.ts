import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Answered, OpenAdmin } from "./support/open-admin.ts";

describe("signing in on loopback", () => {
  it("says to nobody that it is nobody, and how to get in", async () => {
    await using api = await OpenAdmin.open();
    const { status, body } = await api.ask("/v1/session");
    assert.equal(status, 200);
    assert.deepEqual(body, {
      operator: null,
      refusal: null,
      signIn: ["link", "bearer"],
      commands: ["handclasp ui"],
    });
    const refused = await api.ask("/v1/keys");
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get("content-type"), "application/problem+json");
  });

  it("takes a link once, and within a minute", async () => {
    await using api = await OpenAdmin.open();
    const headers = { origin: api.origin };
    const link = api.admin.createLink();
    const post = (body: unknown): Promise<Answered> =>
      api.ask("/v1/session", { method: "POST", body, headers });
    assert.equal((await post({ link: "x".repeat(43) })).status, 401);
    const { status, body } = await post({ link });
    assert.equal(status, 201);
    assert.match(String(body["secret"]), /^hcs1\.[\w-]{43}$/);
    assert.equal((await post({ link })).status, 401);
    const late = api.admin.createLink();
    api.clock.now += 60_000;
    assert.equal((await post({ link: late })).status, 401);
  });

  it("takes a link once, of however many who use it at the same moment", async () => {
    await using api = await OpenAdmin.open();
    const [link, headers] = [api.admin.createLink(), { origin: api.origin }];
    const asked = Array.from({ length: 30 }, () =>
      api.ask("/v1/session", { method: "POST", body: { link }, headers }),
    );
    const answers = await Promise.all(asked);
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
  });

  it("answers whoever signed in until they sign out", async () => {
    await using api = await OpenAdmin.open();
    const headers = await api.signIn();
    const { body } = await api.ask<{ operator: unknown }>("/v1/session", { headers });
    assert.deepEqual(body.operator, { name: "operator", scope: "admin", via: "link", keyId: null });
    assert.equal((await api.ask("/v1/keys", { headers })).status, 200);
    assert.equal((await api.ask("/v1/session", { method: "DELETE", headers })).status, 200);
    const { status, body: problem } = await api.ask("/v1/keys", { headers });
    assert.deepEqual([status, problem["code"]], [401, "credentials-ended"]);
  });

  it("sets no cookie: a browser sends those to every port of this machine", async () => {
    await using api = await OpenAdmin.open();
    const { headers } = await api.ask("/v1/session", {
      method: "POST",
      body: { link: api.admin.createLink() },
      headers: { origin: api.origin },
    });
    assert.equal(headers.get("set-cookie"), null);
  });
});
