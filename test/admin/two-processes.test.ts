import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Operator } from "../../src/operator/operator.ts";
import { openStoreAt } from "../../src/store/open-store.ts";
import { StoreUrl } from "../../src/trust/port/store-url.ts";
import { newPath } from "../store/sqlite/support/stores.ts";
import { OpenAdmin } from "./support/open-admin.ts";
import { StreamReader } from "./support/read-stream.ts";

const DAY_MS = 86_400_000;

describe("an API token that another process cancels", () => {
  it("ends here at once, with what it signed in and listens, and the next one of its name is another", async () => {
    const url = StoreUrl.parse(`sqlite:${newPath()}`);
    await using api = await OpenAdmin.open(url);
    await using elsewhere = openStoreAt(url, { process: "test 2" });
    const operator = new Operator(elsewhere, { user: "root", process: "test 2", now: Date.now });
    const named = { name: "ci", expires: Date.now() + DAY_MS } as const;
    const { id, token } = await operator.createApiToken({ ...named, scope: "admin" });
    const signedIn = await api.ask<{ secret: string }>("/v1/session", {
      method: "POST",
      body: { bearer: token },
      headers: { origin: api.origin },
    });
    const both = [token, signedIn.body.secret].map((secret) => ({ authorization: `Bearer ${secret}` }));
    const streams = [];
    for (const headers of both) {
      const stream = new StreamReader(await fetch(`${api.origin}/v1/stream`, { headers }));
      assert.equal((await stream.next())?.event, "ready");
      streams.push(stream);
    }
    await operator.cancelApiToken(id);
    await operator.createApiToken({ ...named, scope: "admin" });
    for (const stream of streams) assert.equal(await stream.next("change"), null);
    for (const headers of both) assert.equal((await api.ask("/v1/keys", { headers })).status, 401);
  });
});
