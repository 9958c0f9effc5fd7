import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AppliedJson, SelectionJson } from "../../src/admin/schemas/selections.ts";
import { Operator } from "../../src/operator/operator.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { arrive } from "../operator/support/waiting-room.ts";
import { type Answered, OpenAdmin } from "./support/open-admin.ts";
import { bearers } from "./support/samples.ts";

type Headers = Readonly<Record<string, string>>;

const FAR = Date.UTC(2100, 0, 1);

const post = <T>(api: OpenAdmin, path: string, body: unknown, headers: Headers): Promise<Answered<T>> =>
  api.ask<T>(path, { method: "POST", body, headers });

describe("selections over HTTP", () => {
  it("act on what was selected, leave out what changed since, and are good once", async () => {
    await using api = await OpenAdmin.open();
    const headers = await api.signIn();
    const pins: KeyPin[] = [];
    for (const claims of ["a1", "a2", "a3"]) pins.push(await arrive(api.store, { claims, expires: FAR }));
    const { body } = await post<SelectionJson>(
      api,
      "/v1/selections",
      { q: "state:pending", act: "ignore" },
      headers,
    );
    assert.equal(body.count, 3);
    const operator = new Operator(api.store, { user: "root", process: "test 1", now: Date.now });
    const [, second, last] = pins as [KeyPin, KeyPin, KeyPin];
    await operator.note(second, "mine");
    const path = `/v1/selections/${body.id}/apply`;
    const wrong = await post(api, path, { act: "ignore", count: 2 }, headers);
    assert.equal(wrong.status, 422);
    const again = await post<SelectionJson>(
      api,
      "/v1/selections",
      { q: "state:pending", act: "ignore" },
      headers,
    );
    await operator.note(last, "mine too");
    const applied = await post<AppliedJson>(
      api,
      `/v1/selections/${again.body.id}/apply`,
      { act: "ignore", count: 3 },
      headers,
    );
    assert.deepEqual([applied.status, applied.body.done], [200, 2]);
    assert.deepEqual(
      applied.body.left.map(({ keyId, reason }) => [keyId, reason]),
      [[toKeyId(last), "changed"]],
    );
    const twice = await post(
      api,
      `/v1/selections/${again.body.id}/apply`,
      { act: "ignore", count: 3 },
      headers,
    );
    assert.equal(twice.status, 404);
  });

  it("are nobody else's, and do no more than whoever selects may", async () => {
    await using api = await OpenAdmin.open();
    const { approve, manage } = await bearers(api.store);
    await arrive(api.store, { claims: "anna", expires: FAR });
    const body = { q: "state:pending", act: "ignore" };
    const { id } = (await post<SelectionJson>(api, "/v1/selections", body, { authorization: manage })).body;
    const path = `/v1/selections/${id}/apply`;
    const others = await post(api, path, { act: "ignore", count: 1 }, { authorization: approve });
    assert.equal(others.status, 404);
    for (const act of ["revoke", "set-aside", "forget"]) {
      const { status } = await post(api, "/v1/selections", { q: "", act }, { authorization: approve });
      assert.equal(status, 403, act);
    }
    const other = await post(api, path, { act: "revoke", count: 1 }, { authorization: manage });
    assert.equal(other.status, 422);
  });

  it("approve nobody who was not compared", async () => {
    await using api = await OpenAdmin.open();
    const headers = await api.signIn();
    const anna = await arrive(api.store, { claims: "anna", expires: FAR });
    const ben = await arrive(api.store, { claims: "ben", expires: FAR });
    await post(api, `/v1/keys/${toKeyId(anna)}/compare`, { keyId: toKeyId(anna) }, headers);
    const { body } = await post<SelectionJson>(
      api,
      "/v1/selections",
      { q: "state:pending", act: "approve" },
      headers,
    );
    assert.deepEqual(
      body.sample.map(({ pin }) => pin),
      [anna],
    );
    assert.deepEqual(body.left, [{ keyId: toKeyId(ben), reason: "not-compared", problem: null }]);
  });
});
