import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arrive } from "../operator/support/waiting-room.ts";
import { OpenAdmin } from "./support/open-admin.ts";
import { StreamReader } from "./support/read-stream.ts";

type Headers = Readonly<Record<string, string>>;

async function listen(api: OpenAdmin, headers: Headers, after?: number): Promise<StreamReader> {
  const last = after === undefined ? {} : { "last-event-id": String(after) };
  const response = await fetch(`${api.origin}/v1/stream`, { headers: { ...headers, ...last } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(response.headers.get("x-accel-buffering"), "no");
  return new StreamReader(response);
}

const acts = async (api: OpenAdmin, name: string): Promise<void> => {
  const pin = await arrive(api.store, { claims: name, expires: Date.now() + 1e9 });
  const actor = { user: null, process: "test 1", address: null, listener: null };
  await api.store.apply({ type: "ignore", at: api.clock.now, actor, key: pin });
};

describe("the stream", () => {
  it("tells each change with its number, and goes on behind the last one that was heard", async () => {
    await using api = await OpenAdmin.open();
    const headers = await api.signIn();
    await acts(api, "before");
    {
      await using stream = await listen(api, headers);
      assert.deepEqual(await stream.next(), { id: "1", event: "ready", data: { head: 1 } });
      await acts(api, "anna");
      const change = await stream.next("change");
      assert.equal(change?.id, "2");
      assert.equal((change.data as { type: string }).type, "ignored");
    }
    await acts(api, "ben");
    await acts(api, "carl");
    await using again = await listen(api, headers, 2);
    assert.equal((await again.next())?.event, "ready");
    assert.deepEqual([(await again.next("change"))?.id, (await again.next("change"))?.id], ["3", "4"]);
  });

  it("says reset when it cannot tell what was missed", async () => {
    await using api = await OpenAdmin.open();
    const headers = await api.signIn();
    await acts(api, "anna");
    await using stream = await listen(api, headers, 40);
    assert.deepEqual(await stream.next(), { id: "1", event: "reset", data: {} });
  });

  it("says once to look at everything, which may have changed since the page did", async () => {
    await using api = await OpenAdmin.open();
    const headers = await api.signIn();
    await using stream = await listen(api, headers);
    await stream.next("ready");
    assert.deepEqual(await stream.next("reset"), { id: null, event: "reset", data: {} });
  });

  it("says to look at who waits again, which no event tells of", async () => {
    await using api = await OpenAdmin.open();
    const headers = await api.signIn();
    await using stream = await listen(api, headers);
    await stream.next("reset");
    await arrive(api.store, { claims: "anna" });
    assert.equal((await stream.next("waiting"))?.event, "waiting");
  });

  it("ends with the session", async () => {
    await using api = await OpenAdmin.open();
    const headers = await api.signIn();
    await using stream = await listen(api, headers);
    await stream.next("ready");
    await api.ask("/v1/session", { method: "DELETE", headers });
    assert.equal(await stream.next("never"), null);
  });

  it("is for nobody who did not sign in", async () => {
    await using api = await OpenAdmin.open();
    const { status } = await api.ask("/v1/stream");
    assert.equal(status, 401);
  });
});
