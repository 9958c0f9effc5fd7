import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type OperatorAct, perform, type PerformOptions } from "../../src/operator/act.ts";
import { Operator } from "../../src/operator/operator.ts";
import { includes, type Scope, SCOPES, scopeNeeded, scopeOfPeer } from "../../src/operator/scope.ts";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { isHandclaspError } from "../../src/errors.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { AT, fillOffice, type Office } from "./support/office.ts";
import { newPath } from "../store/sqlite/support/stores.ts";

type ToAct = (office: Office) => OperatorAct;

interface Row {
  /** Who may do it. */
  readonly needs: Scope;
  readonly act: ToAct;
  readonly seen?: (office: Office) => PerformOptions["seen"];
  /** What becomes of it for who may; default it is done. */
  readonly fails?: string;
}

const SERVER = ["gw.example:8443"];

/** Every act, and what it can be about. */
const ROWS: Readonly<Record<string, Row>> = {
  "approve a stranger": { needs: "approve", act: ({ paul }) => ({ act: "approve", key: paul.pin }) },
  "approve a stranger under another name": {
    needs: "approve",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "pauline" }),
  },
  "approve a stranger under a name that a peer has, beside it": {
    needs: "approve",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "anna", onConflict: "add" }),
  },
  "approve a stranger under a name that a peer has, in its place": {
    needs: "approve",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "anna", onConflict: "replace" }),
  },
  "approve a stranger under an operator's name, beside it": {
    needs: "admin",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "BOSS", onConflict: "add" }),
  },
  "approve a stranger under an operator's name, in its place": {
    needs: "admin",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "boss", onConflict: "replace" }),
  },
  "approve a stranger under an operator's name": {
    needs: "admin",
    act: ({ paul }) => ({ act: "approve", key: paul.pin, name: "rita" }),
    fails: "ERR_HANDCLASP_CONFLICT",
  },
  "approve who claims an operator's name, beside it": {
    needs: "admin",
    act: ({ fake }) => ({ act: "approve", key: fake.pin, onConflict: "add" }),
  },
  "approve who claims an operator's name, in its place": {
    needs: "admin",
    act: ({ fake }) => ({ act: "approve", key: fake.pin, onConflict: "replace" }),
  },
  "approve who claims an operator's name, under another": {
    needs: "admin",
    act: ({ fake }) => ({ act: "approve", key: fake.pin, name: "somebody" }),
  },
  "approve the new name of a peer": {
    needs: "approve",
    act: ({ eva }) => ({ act: "approve", key: eva.pin }),
  },
  "approve the new name of a peer, which is an operator's": {
    needs: "admin",
    act: ({ eve }) => ({ act: "approve", key: eve.pin, onConflict: "add" }),
  },
  "approve the new name of an operator": {
    needs: "admin",
    act: ({ olga }) => ({ act: "approve", key: olga.pin }),
  },
  "approve what was ignored": { needs: "approve", act: ({ iggy }) => ({ act: "approve", key: iggy.pin }) },
  "approve what was set aside": { needs: "approve", act: ({ sam }) => ({ act: "approve", key: sam.pin }) },
  "approve what was set aside under another name": {
    needs: "manage",
    act: ({ sam }) => ({ act: "approve", key: sam.pin, name: "samuel" }),
  },
  "approve what was revoked": { needs: "manage", act: ({ rob }) => ({ act: "approve", key: rob.pin }) },
  "approve what was replaced": {
    needs: "manage",
    act: ({ rex }) => ({ act: "approve", key: rex.pin, onConflict: "add" }),
  },
  "approve an operator's key that was revoked": {
    needs: "admin",
    act: ({ oldBoss }) => ({ act: "approve", key: oldBoss.pin, onConflict: "add" }),
  },
  "approve a trusted key under another name": {
    needs: "manage",
    act: ({ anna }) => ({ act: "approve", key: anna.pin, name: "annika" }),
  },
  "have the trust in a key end": {
    needs: "manage",
    act: ({ anna }) => ({ act: "approve", key: anna.pin, expires: AT - 1 }),
  },
  "have the trust in an operator's key never end": {
    needs: "admin",
    act: ({ olga }) => ({ act: "approve", key: olga.pin, expires: null }),
  },
  "revoke a peer": { needs: "manage", act: ({ anna }) => ({ act: "revoke", key: anna.pin }) },
  "revoke a stranger": { needs: "manage", act: ({ paul }) => ({ act: "revoke", key: paul.pin }) },
  "revoke an operator": { needs: "admin", act: () => ({ act: "revoke", key: "olga" }) },
  "revoke who claims an operator's name": {
    needs: "admin",
    act: ({ fake }) => ({ act: "revoke", key: fake.pin }),
  },
  "ignore a stranger": { needs: "approve", act: ({ paul }) => ({ act: "ignore", key: paul.pin }) },
  "ignore who claims an operator's name": {
    needs: "admin",
    act: ({ fake }) => ({ act: "ignore", key: fake.pin }),
  },
  "ignore a trusted key": { needs: "manage", act: ({ anna }) => ({ act: "ignore", key: anna.pin }) },
  "ignore what was revoked": { needs: "manage", act: ({ rob }) => ({ act: "ignore", key: rob.pin }) },
  "ignore what was replaced": { needs: "manage", act: ({ rex }) => ({ act: "ignore", key: rex.pin }) },
  "ignore an operator": { needs: "admin", act: () => ({ act: "ignore", key: "mona" }) },
  "set a peer aside": { needs: "manage", act: () => ({ act: "set-aside", key: "anna" }) },
  "set an operator aside": { needs: "admin", act: () => ({ act: "set-aside", key: "rita" }) },
  "forget a peer": { needs: "manage", act: () => ({ act: "forget", key: "anna" }) },
  "forget an operator": { needs: "admin", act: () => ({ act: "forget", key: "olga" }) },
  "forget a former key of an operator": {
    needs: "admin",
    act: ({ oldBoss }) => ({ act: "forget", key: oldBoss.pin }),
  },
  "rename a peer": { needs: "manage", act: () => ({ act: "rename", key: "anna", peer: "annika" }) },
  "rename a peer to an operator's name": {
    needs: "admin",
    act: () => ({ act: "rename", key: "anna", peer: "Boss" }),
    fails: "ERR_HANDCLASP_CONFLICT",
  },
  "rename an operator": { needs: "admin", act: () => ({ act: "rename", key: "olga", peer: "olga b" }) },
  "write a note": { needs: "approve", act: ({ paul }) => ({ act: "note", key: paul.pin, text: "x" }) },
  "write a note about an operator": { needs: "admin", act: () => ({ act: "note", key: "olga", text: "x" }) },
  "write a note about who claims an operator's name": {
    needs: "admin",
    act: ({ fake }) => ({ act: "note", key: fake.pin, text: "this is really him" }),
  },
  "put a peer into a group": {
    needs: "manage",
    act: () => ({ act: "add-to-group", group: "lab", key: "sam" }),
  },
  "put a peer into the group of admins, however that is written": {
    needs: "admin",
    act: () => ({ act: "add-to-group", group: "  OPERATORS. ", key: "anna" }),
  },
  "put a peer into the group of those who read": {
    needs: "admin",
    act: () => ({ act: "add-to-group", group: "ｏperators-read", key: "anna" }),
  },
  "put an operator into another group": {
    needs: "admin",
    act: () => ({ act: "add-to-group", group: "lab", key: "boss" }),
  },
  "take a peer out of a group": {
    needs: "manage",
    act: () => ({ act: "remove-from-group", group: "lab", key: "anna" }),
  },
  "take an operator out of its group": {
    needs: "admin",
    act: () => ({ act: "remove-from-group", group: "Operators-Approve", key: "olga" }),
  },
  "open the window": { needs: "manage", act: () => ({ act: "open-window", forMs: 1000 }) },
  "close the window": { needs: "manage", act: () => ({ act: "close-window" }) },
  "invite somebody": {
    needs: "manage",
    act: ({ anna }) => ({ act: "create-token", peer: "dora", server: SERVER, serverPin: anna.pin }),
  },
  "invite somebody in a peer's place": {
    needs: "manage",
    act: ({ anna: { pin } }) => ({
      act: "create-token",
      peer: "anna",
      server: SERVER,
      serverPin: pin,
      replace: true,
    }),
  },
  "invite somebody in an operator's place": {
    needs: "admin",
    act: ({ anna: { pin } }) => ({
      act: "create-token",
      peer: "BOSS",
      server: SERVER,
      serverPin: pin,
      replace: true,
    }),
  },
  "invite somebody under an operator's name": {
    needs: "admin",
    act: ({ anna }) => ({ act: "create-token", peer: "rita", server: SERVER, serverPin: anna.pin }),
    fails: "ERR_HANDCLASP_CONFLICT",
  },
  "cancel an invitation": { needs: "manage", act: ({ token }) => ({ act: "cancel-token", id: token }) },
  "cancel an invitation to an operator": {
    needs: "admin",
    act: ({ operatorsToken }) => ({ act: "cancel-token", id: operatorsToken }),
  },
  "make an API token": {
    needs: "admin",
    act: () => ({ act: "create-api-token", name: "x", scope: "read", expires: AT + 9e6 }),
  },
  "cancel an API token": {
    needs: "admin",
    act: ({ apiToken }) => ({ act: "cancel-api-token", id: apiToken }),
  },
  "undo an approval": { needs: "manage", act: ({ events }) => ({ act: "undo", event: events.approved }) },
  "undo an approval in another's place": {
    needs: "manage",
    act: ({ events }) => ({ act: "undo", event: events.replaced }),
  },
  "undo a revocation": { needs: "manage", act: ({ events }) => ({ act: "undo", event: events.revoked }) },
  "undo that a stranger was ignored": {
    needs: "approve",
    act: ({ events }) => ({ act: "undo", event: events.ignored }),
  },
  "undo that a peer was set aside": {
    needs: "approve",
    act: ({ events }) => ({ act: "undo", event: events.setAside }),
  },
  "undo a new name": { needs: "manage", act: ({ events }) => ({ act: "undo", event: events.renamed }) },
  "undo that a peer came into a group": {
    needs: "manage",
    act: ({ events }) => ({ act: "undo", event: events.grouped }),
  },
  "undo the revocation of an operator's key": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorRevoked }),
    fails: "ERR_HANDCLASP_CONFLICT",
  },
  "undo that somebody became an operator": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorAdded }),
  },
  "undo that somebody is an operator no more": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorRemoved }),
  },
  "undo that an operator lost its name and group": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorRenamed }),
  },
  "undo the approval of an operator": {
    needs: "admin",
    act: ({ events }) => ({ act: "undo", event: events.operatorApproved }),
  },
  "undo what cannot be": {
    needs: "approve",
    act: () => ({ act: "undo", event: 1 }),
    fails: "ERR_HANDCLASP_STATE",
  },
  "undo what never was": {
    needs: "approve",
    act: () => ({ act: "undo", event: 9999 }),
    fails: "ERR_HANDCLASP_NOT_FOUND",
  },
};

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
    for (const { needs, act } of Object.values(ROWS)) {
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

  for (const [what, { needs, act, fails }] of Object.entries(ROWS)) {
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
    for (const [what, { needs, act, fails }] of Object.entries(ROWS)) {
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
  const admin = (store: TrustStore): Operator => actingAs(store, "admin");

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
    ];
    for (const act of acts) {
      assert.equal(await codeOf(perform(admin(store), act)), "ERR_HANDCLASP_LAST_ADMIN", act.act);
    }
    assert.deepEqual(store.head(), head);
  });

  it("goes when another one has come, and may be renamed or get another key", async () => {
    await using store = openMemoryStore();
    const { boss, fake } = await fillOffice(store);
    await perform(admin(store), { act: "rename", key: "boss", peer: "chief" });
    await perform(admin(store), { act: "approve", key: fake.pin, name: "chief", onConflict: "replace" });
    assert.deepEqual([store.key(boss.pin)?.state, store.key(fake.pin)?.state], ["retired", "trusted"]);
    await perform(admin(store), { act: "add-to-group", group: "operators", key: "anna" });
    await perform(admin(store), { act: "revoke", key: fake.pin });
  });

  it("is none that must stay where there never was one", async () => {
    await using store = openMemoryStore();
    const operator = admin(store);
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
