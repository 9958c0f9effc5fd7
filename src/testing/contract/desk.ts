// What every store promises of operators at their work, and of those who come without a certificate.
import assert from "node:assert/strict";
import type { CreateApiTokenChange } from "../../trust/records/change.ts";
import type { Actor } from "../../trust/records/events.ts";
import type { SessionRecord } from "../../trust/port/desk.ts";
import { everyItem } from "../../trust/port/page.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { SightingBatch } from "../../trust/port/ledger.ts";
import { claimOf } from "./claims.ts";
import { factsOf } from "./made-up-certificates.ts";
import { everyEvent, type StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const DAY_MS = 24 * 3600 * 1000;
const ACTOR: Actor = { user: "olga", process: "test 1", address: null, listener: null };
const NOTHING: SightingBatch = { seen: [], refusals: [], opened: [], closed: [] };
const ID = "00112233445566778899aabbccddeeff";

type Token = CreateApiTokenChange["token"];

function createOf(over: Partial<Token> = {}, at: number = AT): CreateApiTokenChange {
  const token: Token = { id: ID, hash: hashOf(1), name: "CI", scope: "approve", expires: AT + 90 * DAY_MS };
  return { type: "create-api-token", at, actor: ACTOR, token: { ...token, ...over } };
}

function hashOf(number: number): string {
  return number.toString(16).padStart(64, "0");
}

function sessionOf(number: number, over: Partial<SessionRecord> = {}): SessionRecord {
  const times = { createdAt: AT + number, expires: AT + DAY_MS };
  return { hash: hashOf(number), of: hashOf(9_999), via: "bearer", user: "CI", ...times, ...over };
}

async function idsOf(store: TrustStore, search?: string): Promise<readonly string[]> {
  const ids: string[] = [];
  const list = everyItem(
    (page) => store.listApiTokens({ ...page, ...(search !== undefined && { search }) }),
    {
      limit: 2,
    },
  );
  for await (const { id } of list) ids.push(id);
  return ids;
}

/** Registers this part for one kind of store. */
export function describeDesk({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: API tokens`, () => {
    it("are found by their hash, and by nothing else", async () => {
      await using store = await open();
      await store.apply(createOf());
      const known = { createdAt: AT, expires: AT + 90 * DAY_MS, cancelledAt: null };
      const token = { id: ID, hash: hashOf(1), name: "CI", nameKey: "ci", scope: "approve", ...known };
      assert.deepEqual(store.apiToken(hashOf(1)), token);
      assert.deepEqual((await store.listApiTokens()).items, [{ ...token, lastUsed: null }]);
      for (const other of [hashOf(2), ID, "", "hca1.x"]) assert.equal(store.apiToken(other), undefined);
    });

    it("make an event each when they are made and cancelled, and rows are what these come to", async () => {
      await using store = await open();
      await store.apply(createOf());
      await store.apply({ type: "cancel-api-token", at: AT + 1, actor: ACTOR, id: ID });
      assert.equal(store.apiToken(hashOf(1))?.cancelledAt, AT + 1);
      const events = await everyEvent(store);
      assert.deepEqual(
        events.map(({ type, pin, peer, details }) => ({ type, pin, peer, id: details["apiToken"] })),
        [
          { type: "api-token-created", pin: null, peer: null, id: ID },
          { type: "api-token-cancelled", pin: null, peer: null, id: ID },
        ],
      );
      assert.deepEqual(store.audit().rows?.differences, []);
    });

    it("are cancelled once, and not when they have ended or never were", async () => {
      await using store = await open();
      await store.apply(createOf());
      const cancel = { type: "cancel-api-token", at: AT + 91 * DAY_MS, actor: ACTOR } as const;
      await assert.rejects(store.apply({ ...cancel, id: ID }), { code: "ERR_HANDCLASP_STATE" });
      await store.apply({ ...cancel, id: ID, at: AT + 1 });
      await assert.rejects(store.apply({ ...cancel, id: ID, at: AT + 2 }), { code: "ERR_HANDCLASP_STATE" });
      await assert.rejects(store.apply({ ...cancel, id: "00" }), { code: "ERR_HANDCLASP_NOT_FOUND" });
    });

    it("are called otherwise than any other that is open", async () => {
      await using store = await open();
      await store.apply(createOf());
      const other = createOf({ id: "11".repeat(16), hash: hashOf(2), name: "ci" });
      await assert.rejects(store.apply(other), { code: "ERR_HANDCLASP_CONFLICT" });
      await store.apply({ type: "cancel-api-token", at: AT + 1, actor: ACTOR, id: ID });
      await store.apply({ ...other, at: AT + 2 });
      assert.equal(store.apiToken(hashOf(2))?.name, "ci");
    });

    it("have a name, a scope and an end", async () => {
      await using store = await open();
      for (const wrong of [{ scope: "root" as "admin" }, { expires: AT }, { expires: Number.NaN }]) {
        await assert.rejects(async () => store.apply(createOf(wrong)), { code: "ERR_HANDCLASP_OPTION" });
      }
      await assert.rejects(async () => store.apply(createOf({ name: "\u202e" })), {
        code: "ERR_HANDCLASP_NAME",
      });
      assert.equal(store.head().sequence, 0);
    });

    it("are listed the newest first, page by page, by name and by id", async () => {
      await using store = await open();
      const ids = ["aa", "bb", "cc", "dd", "ee"].map((byte) => byte.repeat(16));
      for (const [index, id] of ids.entries()) {
        await store.apply(createOf({ id, hash: hashOf(index), name: `Script ${index}` }, AT + index));
      }
      assert.deepEqual(await idsOf(store), ids.toReversed());
      assert.deepEqual(await idsOf(store, "script 3"), [ids[3]]);
      assert.deepEqual(await idsOf(store, "BBB"), [ids[1]]);
      assert.deepEqual(await idsOf(store, " "), []);
      const [, after] = [await store.listApiTokens({ limit: 1 }), "no cursor"];
      await assert.rejects(store.listApiTokens({ after }), { code: "ERR_HANDCLASP_OPTION" });
    });

    it("say when they were used last, and nothing of those that are not there", async () => {
      await using store = await open();
      await store.apply(createOf());
      const { sequence } = store.head();
      await store.record({ ...NOTHING, used: [{ apiToken: ID, at: AT + 9 }] });
      await store.record({
        ...NOTHING,
        used: [
          { apiToken: ID, at: AT + 5 },
          { apiToken: "ff".repeat(16), at: AT },
        ],
      });
      const { items } = await store.listApiTokens();
      assert.deepEqual(
        items.map(({ lastUsed }) => lastUsed),
        [AT + 9],
      );
      assert.equal(store.head().sequence, sequence);
    });

    it("are gone a month after they ended, when another one is made", async () => {
      await using store = await open();
      await store.apply(createOf());
      const later = AT + 121 * DAY_MS;
      await store.apply(createOf({ id: "11".repeat(16), hash: hashOf(2), expires: later + DAY_MS }, later));
      assert.equal(store.apiToken(hashOf(1)), undefined);
      assert.deepEqual(store.audit().rows?.differences, []);
    });
  });

  describe(`${kind}: sessions`, () => {
    it("are found by their hash until they are ended, alone or with those that began with the same", async () => {
      await using store = await open();
      const [one, two, three] = [sessionOf(1), sessionOf(2), sessionOf(3, { of: "link", via: "link" })];
      for (const session of [one, two, three]) await store.putSession(session);
      assert.deepEqual([store.session(one.hash), store.session(three.hash)], [one, three]);
      await store.endSession(one.hash);
      assert.deepEqual([store.session(one.hash), store.session(two.hash)], [undefined, two]);
      await store.endSessions(two.of);
      assert.deepEqual([store.session(two.hash), store.session(three.hash)], [undefined, three]);
      assert.equal(store.head().sequence, 0);
    });

    it("make room for new ones: what expired goes, then the oldest", async () => {
      await using store = await open();
      await store.putSession(sessionOf(0, { expires: AT + 1 }));
      for (let number = 1; number <= 1002; number++) {
        await store.putSession(sessionOf(number, { of: hashOf(10_000 + number) }));
      }
      const gone = [0, 1, 2, 3].map((number) => store.session(hashOf(number)) === undefined);
      assert.deepEqual(gone, [true, true, true, false]);
    });

    it("of one origin make room for each other alone", async () => {
      await using store = await open();
      await store.putSession(sessionOf(1, { of: "link:olga", via: "link" }));
      for (let number = 2; number <= 53; number++) await store.putSession(sessionOf(number));
      const gone = [1, 2, 3, 4].map((number) => store.session(hashOf(number)) === undefined);
      assert.deepEqual(gone, [false, true, true, false]);
    });
  });

  describe(`${kind}: operators at work`, () => {
    it("are remembered by when one looked at a key last, which is no event and no other version", async () => {
      await using store = await open();
      const [anna, ben] = [factsOf("anna"), factsOf("ben")];
      await store.apply(claimOf(anna));
      const [head, version] = [store.head(), store.key(anna.pin)?.version];
      assert.equal(store.lookedAt(anna.pin), null);
      await store.record({ ...NOTHING, looked: [{ pin: anna.pin, at: AT + 5 }] });
      await store.record({
        ...NOTHING,
        looked: [
          { pin: anna.pin, at: AT + 2 },
          { pin: ben.pin, at: AT },
        ],
      });
      assert.deepEqual([store.lookedAt(anna.pin), store.lookedAt(ben.pin)], [AT + 5, null]);
      assert.deepEqual([store.head(), store.key(anna.pin)?.version], [head, version]);
    });

    it("looked at no key that was forgotten and came again", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      await store.record({ ...NOTHING, looked: [{ pin: anna.pin, at: AT }] });
      await store.apply({ type: "forget", at: AT + 1, actor: ACTOR, key: anna.pin });
      assert.equal(store.lookedAt(anna.pin), null);
      await store.apply(claimOf(anna, { at: AT + 2 }));
      assert.equal(store.lookedAt(anna.pin), null);
    });
  });
}
