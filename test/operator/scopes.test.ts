import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type OperatorAct, perform } from "../../src/operator/act.ts";
import { Operator } from "../../src/operator/operator.ts";
import { includes, type Scope, SCOPES, scopeNeeded, scopeOfPeer } from "../../src/operator/scope.ts";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { isHandclaspError } from "../../src/errors.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { AT, fillOffice } from "./support/office.ts";
import { SCOPE_ROWS } from "./support/scope-rows.ts";
import { newPath } from "../store/sqlite/support/stores.ts";

function actingAs(store: TrustStore, scope: Scope): Operator {
  return new Operator(store, { user: "mallory", process: "test 1", now: () => AT, via: "bearer", scope });
}

async function codeOf(acting: Promise<unknown>): Promise<string | undefined> {
  try {
    await acting;
    return undefined;
  } catch (error) {
    if (isHandclaspError(error)) return error.code;
    throw error;
  }
}

/** By whom and how operators come: their groups, keys and the join tokens for their names. */
async function operatorsOf(store: TrustStore): Promise<unknown> {
  const { items } = await store.listMembers();
  const members = items.filter(({ group }) => scopeOfPeer([group]) !== null);
  const keys = members.flatMap(({ peer }) =>
    store.keysOfName(peer).map(({ pin, version }) => [pin, version]),
  );
  const { items: tokens } = await store.listTokens();
  const names = new Set(members.map(({ peer }) => peer));
  return {
    members,
    keys,
    tokens: tokens.filter(({ peer, cancelledAt }) => names.has(peer) && cancelledAt === null),
  };
}

/** The store, but that changes are tried out only. */
function trying(store: TrustStore): TrustStore {
  return new Proxy(store, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name === "apply" ? "tryOut" : name, of);
      return typeof value === "function" ? value.bind(of) : value;
    },
  });
}

describe("what an operator may do", () => {
  it("is said of every act, and of each by the least that it can need", async () => {
    await using store = openMemoryStore();
    const office = await fillOffice(store);
    const least = new Map<OperatorAct["act"], Scope>();
    for (const { needs, act } of Object.values(SCOPE_ROWS)) {
      const { act: kind } = act(office);
      const before = least.get(kind);
      if (before === undefined || includes(before, needs)) least.set(kind, needs);
    }
    const acts = [...least.keys()];
    assert.equal(acts.length, 16);
    assert.deepEqual(
      Object.fromEntries(least),
      Object.fromEntries(acts.map((act) => [act, scopeNeeded({ act })])),
    );
  });

  for (const [what, { needs, act, fails }] of Object.entries(SCOPE_ROWS)) {
    for (const scope of SCOPES) {
      const may = includes(scope, needs);
      it(`${scope} may ${may ? "" : "not "}${what}`, async () => {
        await using store = openMemoryStore();
        const office = await fillOffice(store);
        const [head, operators] = [store.head(), await operatorsOf(store)];
        const code = await codeOf(perform(actingAs(store, scope), act(office)));
        assert.equal(code, may ? fails : "ERR_HANDCLASP_SCOPE");
        if (code !== undefined) assert.deepEqual(store.head(), head);
        if (scope !== "admin") assert.deepEqual(await operatorsOf(store), operators);
        assert.deepEqual(store.audit().rows?.differences, []);
      });
    }
  }

  it("is the same in a store on disk", async () => {
    await using store = openSqliteStore(newPath());
    const office = await fillOffice(store);
    const tried = trying(store);
    for (const [what, { needs, act, fails }] of Object.entries(SCOPE_ROWS)) {
      for (const scope of SCOPES) {
        const code = await codeOf(perform(actingAs(tried, scope), act(office)));
        assert.equal(code, includes(scope, needs) ? fails : "ERR_HANDCLASP_SCOPE", `${scope}: ${what}`);
      }
    }
  });

  it("is everything where no scope is said, as for who has the store in hand", async () => {
    await using store = openMemoryStore();
    const { boss } = await fillOffice(store);
    const operator = new Operator(store, { user: "root", process: "test 1", now: () => AT });
    await operator.revoke(boss.pin);
    assert.equal(store.key(boss.pin)?.state, "revoked");
  });

  it("is to take back one's own approval, and nobody else's", async () => {
    await using store = openMemoryStore();
    const { paul, iggy } = await fillOffice(store);
    const own = actingAs(store, "approve");
    const { event } = await perform(own, {
      act: "approve",
      key: paul.pin,
      name: "anna",
      onConflict: "replace",
    });
    assert.deepEqual(
      (await perform(own, { act: "undo", event: event ?? 0 })).keys.map(({ state }) => state),
      ["trusted", "pending"],
    );
    const { event: other } = await perform(own, { act: "approve", key: iggy.pin });
    for (const who of [{ user: "eve" }, { via: "link" }, { keyId: "ABC" }] as const) {
      const options = { user: "mallory", process: "test 1", now: () => AT, via: "bearer", scope: "approve" };
      const another = new Operator(store, { ...options, ...who } as ConstructorParameters<
        typeof Operator
      >[1]);
      await assert.rejects(another.undo(other ?? 0), { code: "ERR_HANDCLASP_SCOPE" });
    }
  });
});

describe("the last admin", () => {
  it("stays, whatever admins do by the API", async () => {
    await using store = openMemoryStore();
    const { boss } = await fillOffice(store);
    const head = store.head();
    const acts: readonly OperatorAct[] = [
      { act: "revoke", key: boss.pin },
      { act: "ignore", key: boss.pin },
      { act: "set-aside", key: boss.pin },
      { act: "forget", key: "boss" },
      { act: "remove-from-group", group: "operators", key: "boss" },
      { act: "approve", key: boss.pin, name: "nobody in particular" },
      { act: "approve", key: boss.pin, expires: AT, onConflict: "add" },
      { act: "approve", key: boss.pin, expires: AT + 1000, onConflict: "add" },
    ];
    for (const act of acts) {
      assert.equal(await codeOf(perform(actingAs(store, "admin"), act)), "ERR_HANDCLASP_LAST_ADMIN", act.act);
    }
    assert.deepEqual(store.head(), head);
  });

  it("goes when another one has come, and may be renamed or get another key", async () => {
    await using store = openMemoryStore();
    const { boss, fake } = await fillOffice(store);
    await perform(actingAs(store, "admin"), { act: "rename", key: "boss", peer: "chief" });
    await perform(actingAs(store, "admin"), {
      act: "approve",
      key: fake.pin,
      name: "chief",
      onConflict: "replace",
    });
    assert.deepEqual([store.key(boss.pin)?.state, store.key(fake.pin)?.state], ["retired", "trusted"]);
    await perform(actingAs(store, "admin"), { act: "add-to-group", group: "operators", key: "anna" });
    await perform(actingAs(store, "admin"), { act: "revoke", key: fake.pin });
  });

  it("is none that must stay where there never was one", async () => {
    await using store = openMemoryStore();
    const operator = actingAs(store, "admin");
    await operator.createApiToken({ name: "first", scope: "admin", expires: AT + 1e6 });
    assert.equal((await store.listApiTokens()).items.length, 1);
  });
});

describe("the scope of a peer", () => {
  it("is the widest of its groups of operators, by their folded names", () => {
    assert.equal(scopeOfPeer([]), null);
    assert.equal(scopeOfPeer(["lab", "operator"]), null);
    assert.equal(scopeOfPeer(["operators-read"]), "read");
    assert.equal(scopeOfPeer(["operators-manage", "lab", "operators-approve"]), "manage");
    assert.equal(scopeOfPeer(["operators", "operators-read"]), "admin");
  });
});
