import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Operator } from "../../src/operator/operator.ts";
import { cpuMs } from "../support/cpu-time.ts";
import { OpenAdmin } from "./support/open-admin.ts";
import { StreamReader } from "./support/read-stream.ts";

type Headers = Readonly<Record<string, string>>;

/** More than all operators together may have open. */
const MANY = 520;

/** A program that may read, and no more. */
async function reader(api: OpenAdmin): Promise<{ readonly token: string; readonly headers: Headers }> {
  const operator = new Operator(api.store, { user: "root", process: "test 1", now: () => api.clock.now });
  const expires = api.clock.now + 86_400_000;
  const { token } = await operator.createApiToken({ name: "nosy", scope: "read", expires });
  return { token, headers: { authorization: `Bearer ${token}` } };
}

async function listen(api: OpenAdmin, headers: Headers): Promise<StreamReader> {
  const response = await fetch(`${api.origin}/v1/stream`, { headers });
  assert.equal(response.status, 200);
  return new StreamReader(response);
}

describe("one operator among many", () => {
  it("takes nobody's stream by asking for the head of many", async () => {
    await using api = await OpenAdmin.open();
    const [{ headers }, admin] = [await reader(api), await api.signIn()];
    for (let at = 0; at < MANY; at++) {
      const { status } = await api.ask("/v1/stream", { method: "HEAD", headers });
      assert.equal(status, 200);
    }
    await using stream = await listen(api, admin);
    assert.equal((await stream.next())?.event, "ready");
  });

  it("takes nobody's stream by opening many: the oldest of their own ends", async () => {
    await using api = await OpenAdmin.open();
    const [{ headers }, admin] = [await reader(api), await api.signIn()];
    const first = await listen(api, headers);
    const others = [];
    for (let at = 0; at < MANY; at++) others.push(await listen(api, headers));
    await using stream = await listen(api, admin);
    assert.equal((await stream.next())?.event, "ready");
    assert.equal((await first.next("ready"))?.event, "ready");
    assert.equal(await first.next("change"), null);
    for (const one of others) await one[Symbol.asyncDispose]();
  });

  it("signs nobody else out by signing in again and again", async () => {
    await using api = await OpenAdmin.open();
    const [{ token }, admin] = [await reader(api), await api.signIn()];
    for (let at = 0; at < 1010; at++) {
      api.clock.now++;
      const headers = { origin: api.origin };
      const { status } = await api.ask("/v1/session", { method: "POST", body: { bearer: token }, headers });
      assert.equal(status, 201);
    }
    assert.equal((await api.ask("/v1/keys", { headers: admin })).status, 200);
  });

  it("has its API token cancelled, whatever others are called", async () => {
    await using api = await OpenAdmin.open();
    const operator = new Operator(api.store, { user: "root", process: "test 1", now: () => api.clock.now });
    const expires = api.clock.now + 86_400_000;
    const { id } = await operator.createApiToken({ name: "thief", scope: "admin", expires });
    for (let at = 0; at < 3; at++) {
      api.clock.now++;
      await operator.createApiToken({ name: `${id} ${at}`, scope: "read", expires });
    }
    const headers = await api.signIn();
    const { status } = await api.ask(`/v1/api-tokens/${id}/cancel`, { method: "POST", body: {}, headers });
    assert.equal(status, 200);
  });

  it("has the server busy for no longer than it takes to read what it sent", async () => {
    await using api = await OpenAdmin.open();
    const blank = `br,gzip${" ".repeat(15_000)}x`;
    const began = cpuMs();
    for (let at = 0; at < 40; at++) {
      const { status } = await api.ask("/", {
        headers: { "accept-encoding": blank },
      });
      assert.equal(status, 200);
    }
    assert.ok(cpuMs() - began < 10_000);
  });
});
