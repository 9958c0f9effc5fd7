import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ActJson } from "../../src/admin/schemas/acts.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { arrive } from "../operator/support/waiting-room.ts";
import { type Answered, OpenAdmin, SERVER } from "./support/open-admin.ts";

interface Scene {
  readonly headers: Readonly<Record<string, string>>;
  readonly pin: KeyPin;
  readonly path: string;
  readonly version: () => number;
  readonly act: (act: string, body?: unknown, version?: number) => Promise<Answered<ActJson>>;
}

/** Somebody who waits, and an operator who looks at them. */
async function sceneOf(api: OpenAdmin): Promise<Scene> {
  await api.store.putSetting("server", JSON.stringify({ address: "gw:1", host: "gw", port: 1, pin: SERVER }));
  const headers = await api.signIn();
  const pin = await arrive(api.store, { claims: "anna", expires: Date.now() + 1e9 });
  const path = `/v1/keys/${toKeyId(pin)}`;
  const version = (): number => api.store.key(pin)?.version ?? 0;
  const act: Scene["act"] = (name, body = {}, seen = version()) =>
    api.ask(`${path}/${name}`, { method: "POST", body, headers: { ...headers, "if-match": `"${seen}"` } });
  return { headers, pin, path, version, act };
}

describe("acts over HTTP", () => {
  it("approve a key as it was looked at, and take that back", async () => {
    await using api = await OpenAdmin.open();
    const { headers, act, pin } = await sceneOf(api);
    const { status, body } = await act("approve");
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.keys[0]?.state, "trusted");
    assert.ok(body.undo);
    const { path, etag } = body.undo;
    const undone = await api.ask(path, {
      method: "POST",
      body: {},
      headers: { ...headers, "if-match": etag },
    });
    assert.equal(undone.status, 200, JSON.stringify(undone.body));
    assert.equal(api.store.key(pin)?.state, "pending");
  });

  it("want to know which version was looked at, and tell who is too late how it is now", async () => {
    await using api = await OpenAdmin.open();
    const { headers, act, path, version } = await sceneOf(api);
    const unseen = await api.ask(`${path}/approve`, { method: "POST", body: {}, headers });
    assert.equal(unseen.status, 428);
    const seen = version();
    await act("note", { text: "calls tomorrow" });
    const late = await act("approve", {}, seen);
    assert.equal(late.status, 412);
    const { code, key } = late.body as unknown as { code: string; key: { note: string; version: number } };
    assert.deepEqual([code, key.note, key.version], ["ERR_HANDCLASP_CHANGED", "calls tomorrow", version()]);
  });

  it("are not done for a version that never was", async () => {
    await using api = await OpenAdmin.open();
    const { headers, path, pin, version } = await sceneOf(api);
    for (const given of [
      '"0"',
      '"00"',
      "*",
      `W/"${version()}"`,
      `"0", "${version()}"`,
      `"${"9".repeat(30)}"`,
      "",
    ]) {
      for (const act of ["approve", "ignore", "revoke", "set-aside", "forget"]) {
        const sent = { method: "POST", body: {}, headers: { ...headers, "if-match": given } };
        assert.equal((await api.ask(`${path}/${act}`, sent)).status, 412, `${act} ${given}`);
      }
    }
    assert.equal(api.store.key(pin)?.state, "pending");
  });

  it("say who acted, and by which way they came", async () => {
    await using api = await OpenAdmin.open();
    const { act, headers, path } = await sceneOf(api);
    await act("ignore");
    const { body } = await api.ask<{ events: { actor: { user: string; via: string } }[] }>(path, { headers });
    const actor = body.events.at(-1)?.actor;
    assert.deepEqual([actor?.user, actor?.via], ["operator", "link"]);
  });

  it("remember how a key was compared, and believe nobody who only says so", async () => {
    await using api = await OpenAdmin.open();
    const { headers, act, path, pin } = await sceneOf(api);
    const claimed = await act("approve", { compared: "scan" });
    assert.equal(claimed.status, 422);
    const body = { keyId: toKeyId(pin) };
    const compared = await api.ask(`${path}/compare`, { method: "POST", body, headers });
    assert.deepEqual([compared.status, compared.body["equal"], compared.body["how"]], [200, true, "key-id"]);
    await act("approve");
    const shown = await api.ask<{ events: { details: { compared?: string } }[] }>(path, { headers });
    assert.equal(shown.body.events.at(-1)?.details.compared, "key-id");
  });

  it("compare a key five times a minute, and then no more", async () => {
    await using api = await OpenAdmin.open();
    const { headers, path } = await sceneOf(api);
    const body = { keyId: SERVER };
    const statuses = [];
    for (let tries = 0; tries < 6; tries++) {
      const { status, headers: answered } = await api.ask(`${path}/compare`, {
        method: "POST",
        body,
        headers,
      });
      statuses.push(status);
      if (status === 429) assert.match(answered.get("retry-after") ?? "", /^\d+$/);
    }
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
  });

  it("are answered with what else does the same", async () => {
    await using api = await OpenAdmin.open();
    const { act, version, path } = await sceneOf(api);
    const seen = version();
    const { body } = await act("approve", { name: "ann's phone" });
    assert.match(body.command, /^handclasp /);
    assert.equal(
      body.curl,
      `curl -H "Authorization: Bearer $HANDCLASP_TOKEN" -X POST -H 'If-Match: "${seen}"' ` +
        `-H 'Content-Type: application/json' -d '{"name":"ann'\\''s phone"}' '${api.origin}${path}/approve'`,
    );
  });
});
