import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Operator } from "../../src/operator/operator.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { nameKey } from "../../src/trust/naming/peer-name.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { OPERATOR_GROUPS, type Scope } from "../../src/trust/records/scope.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { AT, fillOffice } from "../operator/support/office.ts";
import { OpenAdmin } from "./support/open-admin.ts";

/** Everything by which somebody is an operator. */
async function operatorsOf(store: TrustStore): Promise<string> {
  const all: unknown[] = [];
  for (const groupKey of OPERATOR_GROUPS.keys()) {
    const { items } = await store.listMembers({ groupKey });
    for (const member of items) all.push([member, store.keysOfName(nameKey(member.peer))]);
  }
  const tokens = await store.listApiTokens();
  return JSON.stringify([all, tokens.items.map(({ id, cancelledAt }) => [id, cancelledAt])]);
}

function key({ pin }: { readonly pin: KeyPin }): string {
  return `/v1/keys/${toKeyId(pin)}`;
}

for (const scope of ["approve", "manage"] as const satisfies readonly Scope[]) {
  describe(`an API token with the scope ${scope}`, () => {
    it("makes nobody an operator, and takes that from nobody, by whatever it asks for", async () => {
      await using api = await OpenAdmin.open();
      const {
        boss,
        olga,
        rita,
        ex,
        fake,
        anna,
        oldBoss,
        paul,
        events,
        operatorsToken,
        newOperatorsToken,
        apiToken,
      } = await fillOffice(api.store);
      const root = new Operator(api.store, { user: "root", process: "test 1", now: () => AT });
      api.clock.now = AT + 1000;
      const { token } = await root.createApiToken({ name: "climber", scope, expires: AT + 9e7 });
      const before = await operatorsOf(api.store);
      const asked: readonly (readonly [string, unknown, { readonly pin: KeyPin }?])[] = [
        [`${key(fake)}/approve`, { onConflict: "add" }, fake],
        [`${key(fake)}/approve`, { onConflict: "replace" }, fake],
        [`${key(paul)}/approve`, { name: "ＢＯＳＳ", onConflict: "add" }, paul],
        [`${key(paul)}/approve`, { name: " rita ", onConflict: "replace" }, paul],
        [`${key(oldBoss)}/approve`, { onConflict: "add" }, oldBoss],
        [`${key(olga)}/approve`, { expires: null }, olga],
        [`${key(boss)}/ignore`, {}, boss],
        [`${key(boss)}/note`, { text: "call +1 555 0100" }, boss],
        [`${key(rita)}/revoke`, {}, rita],
        [`${key(rita)}/forget`, {}, rita],
        [`${key(rita)}/set-aside`, {}, rita],
        [`${key(anna)}/rename`, { peer: "Boss" }, anna],
        [`${key(boss)}/rename`, { peer: "nobody" }, boss],
        ["/v1/groups/add", { group: "operators", key: "anna" }],
        ["/v1/groups/add", { group: "ＯＰＥＲＡＴＯＲＳ-approve", key: "anna" }],
        ["/v1/groups/add", { group: "lab", key: "boss" }],
        ["/v1/groups/remove", { group: "operators", key: "boss" }],
        ["/v1/tokens", { peer: "boss", replace: true }],
        ["/v1/tokens", { peer: "BOSS", replace: true, forMs: 1000 }],
        ["/v1/tokens", { peer: "nora", groups: ["lab", "ＯＰＥＲＡＴＯＲＳ"] }],
        [`/v1/tokens/${operatorsToken}/cancel`, {}],
        [`/v1/tokens/${newOperatorsToken}/cancel`, {}],
        ["/v1/api-tokens", { name: "more", scope: "admin", expires: "1d" }],
        [`/v1/api-tokens/${apiToken}/cancel`, {}],
        [`/v1/events/${events.operatorRevoked}/undo`, {}, oldBoss],
        [`/v1/events/${events.operatorAdded}/undo`, {}],
        [`/v1/events/${events.operatorRemoved}/undo`, {}, ex],
      ];
      for (const [path, body, looked] of asked) {
        const version = looked && api.store.key(looked.pin)?.version;
        const headers = {
          authorization: `Bearer ${token}`,
          ...(version !== undefined && { "if-match": `"${version}"` }),
        };
        const { status } = await api.ask(path, { method: "POST", body, headers });
        assert.equal(status, 403, `${path} ${JSON.stringify(body)}`);
      }
      for (const act of ["approve", "ignore"]) {
        const headers = { authorization: `Bearer ${token}` };
        const wanted = { method: "POST", body: { q: "", act }, headers };
        const { body: chosen } = await api.ask<{ id: string; count: number }>("/v1/selections", wanted);
        const { id, count } = chosen;
        await api.ask(`/v1/selections/${id}/apply`, { method: "POST", body: { act, count }, headers });
      }
      assert.equal(await operatorsOf(api.store), before);
    });
  });
}
