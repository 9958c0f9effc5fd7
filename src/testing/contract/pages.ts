// What every store promises of the pages of its lists.
import assert from "node:assert/strict";
import type { RefusalSighting } from "../../trust/port/ledger.ts";
import type { Page, PageFilter } from "../../trust/port/page.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { CertificateFacts, KeyPin } from "../../x509/certificate-facts.ts";
import { claimOf } from "./claims.ts";
import { createTokenOf } from "./join-tokens.ts";
import { factsOf, randomPin } from "./made-up-certificates.ts";
import type { StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };
const WEEK_MS = 7 * 24 * 3600 * 1000;
const NOTHING = { seen: [], refusals: [], opened: [], closed: [] };

const LISTS: Readonly<Record<string, (store: TrustStore, page: PageFilter) => Promise<Page<unknown>>>> = {
  keys: (store, page) => store.listKeys(page),
  events: (store, page) => store.listEvents(page),
  refusals: (store, page) => store.listRefusals(page),
  connections: (store, page) => store.listConnections(page),
  tokens: (store, page) => store.listTokens(page),
  groups: (store, page) => store.listGroups(page),
  members: (store, page) => store.listMembers(page),
};

/** What is on the list when it is read so many at a time; fails when a page is longer. */
async function inPagesOf<T>(
  limit: number,
  list: (page: PageFilter) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = [];
  let page = await list({ limit });
  for (;;) {
    assert.ok(page.items.length <= limit);
    items.push(...page.items);
    if (page.next === null) return items;
    page = await list({ limit, after: page.next });
  }
}

async function claimed(store: TrustStore, count: number): Promise<readonly CertificateFacts[]> {
  const peers = Array.from({ length: count }, (_, number) => factsOf(`peer-${number}`));
  for (const [number, facts] of peers.entries()) await store.apply(claimOf(facts, { at: AT + number }));
  return peers;
}

/** The refusal of a stranger who came at a moment of its own. */
export function refusalOf(number: number, over: Partial<RefusalSighting> = {}): RefusalSighting {
  return {
    pin: null,
    reason: "unknown",
    detail: null,
    problem: null,
    fingerprint: null,
    peer: null,
    address: `192.0.2.${number}`,
    listener: null,
    connection: `c${number}`,
    firstAt: AT + number,
    lastAt: AT + number,
    count: 1,
    ...over,
  };
}

/** What is read when something happens between the first page and the others, of what was there all the time. */
async function readAround<T>(
  list: (page: PageFilter) => Promise<Page<T>>,
  between: () => Promise<unknown>,
  stays: (item: T) => boolean,
): Promise<readonly T[]> {
  const first = await list({ limit: 3 });
  await between();
  const rest = await inPagesOf(2, (page) => list({ after: first.next ?? "", ...page }));
  return [...first.items, ...rest].filter(stays);
}

/** Seven keys, members and connections, and five tokens and refusals. */
async function filled(store: TrustStore) {
  const peers = await claimed(store, 7);
  const tokens = Array.from({ length: 5 }, (_, number) =>
    createTokenOf(`t${number}`, { id: `${number}`.repeat(32) }),
  );
  for (const token of tokens) await store.apply(token);
  for (const { pin } of peers) {
    await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group: "lab", key: pin });
  }
  await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group: "yard", key: peers[0]?.pin ?? "" });
  const opened = peers.map(({ pin }, number) => {
    return { id: `c${number}`, pin, peer: "p", remoteAddress: null, listener: null, since: AT + number };
  });
  await store.record({
    ...NOTHING,
    opened,
    refusals: [1, 2, 3, 4, 5].map((number) => refusalOf(number)),
  });
  return { peers, tokens, opened };
}

/** Registers this part for one kind of store. */
export function describePages({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: lists`, () => {
    it("are empty at first, each of them", async () => {
      await using store = await open();
      const empty = { items: [], next: null };
      assert.deepEqual(await store.listKeys(), empty);
      assert.deepEqual(await store.listEvents(), empty);
      assert.deepEqual(await store.listRefusals(), empty);
      assert.deepEqual(await store.listConnections(), empty);
      assert.deepEqual(await store.listTokens(), empty);
      assert.deepEqual(await store.listMembers(), empty);
      assert.deepEqual(await store.listCertificates(randomPin()), []);
    });

    it("are the same in pages of whatever size", async () => {
      await using store = await open();
      const { peers, tokens, opened } = await filled(store);
      for (const limit of [1, 2, 3, 1000]) {
        const keys = await inPagesOf(limit, (page) => store.listKeys(page));
        assert.deepEqual(
          keys.map(({ pin }) => pin),
          peers.map(({ pin }) => pin),
        );
        const events = await inPagesOf(limit, (page) => store.listEvents(page));
        assert.deepEqual(
          events.map(({ sequence }) => sequence),
          Array.from({ length: store.head().sequence }, (_, at) => at + 1),
        );
        const refusals = await inPagesOf(limit, (page) => store.listRefusals(page));
        assert.deepEqual(
          refusals.map(({ connection }) => connection),
          ["c5", "c4", "c3", "c2", "c1"],
        );
        const connections = await inPagesOf(limit, (page) => store.listConnections(page));
        assert.deepEqual(
          connections.map(({ id }) => id),
          opened.map(({ id }) => id),
        );
        const ids = (await inPagesOf(limit, (page) => store.listTokens(page))).map(({ id }) => id);
        assert.deepEqual(new Set(ids), new Set(tokens.map(({ token }) => token.id)));
        assert.equal(ids.length, 5);
        const members = await inPagesOf(limit, (page) => store.listMembers(page));
        assert.deepEqual(
          members.map(({ peer }) => peer),
          [...peers.map((_, number) => `peer-${number}`), "peer-0"],
        );
      }
    });

    it("have nothing that a search for nothing but spaces would find", async () => {
      await using store = await open();
      const [peer] = await claimed(store, 1);
      assert.ok(peer);
      await store.apply(createTokenOf("bert"));
      await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group: "lab", key: peer.pin });
      const live = { pin: peer.pin, peer: "p", remoteAddress: "192.0.2.1", listener: null, since: AT };
      await store.record({ ...NOTHING, opened: [{ ...live, id: "c1" }], refusals: [refusalOf(1)] });
      for (const search of ["", "  "]) {
        const pages = await Promise.all([
          store.listKeys({ search }),
          store.listEvents({ search }),
          store.listRefusals({ search }),
          store.listConnections({ search }),
          store.listTokens({ search }),
          store.listMembers({ search }),
        ]);
        assert.deepEqual(
          pages.map(({ items }) => items.length),
          [0, 0, 0, 0, 0, 0],
        );
      }
    });

    it("take no limit and no cursor that is none", async () => {
      await using store = await open();
      const wrong = { code: "ERR_HANDCLASP_OPTION" };
      for (const filter of [{ limit: 0 }, { limit: 1001 }, { limit: 1.5 }, { after: "!" }]) {
        await assert.rejects(async () => store.listKeys(filter), wrong);
        await assert.rejects(async () => store.listEvents(filter), wrong);
        await assert.rejects(async () => store.listRefusals(filter), wrong);
        await assert.rejects(async () => store.listConnections(filter), wrong);
        await assert.rejects(async () => store.listTokens(filter), wrong);
        await assert.rejects(async () => store.listMembers(filter), wrong);
      }
    });

    it("take no cursor of another list", async () => {
      await using store = await open();
      await filled(store);
      for (const [list, read] of Object.entries(LISTS)) {
        const { next } = await read(store, { limit: 1 });
        assert.ok(next !== null, list);
        for (const [other, readOther] of Object.entries(LISTS)) {
          if (other === list) continue;
          await assert.rejects(
            async () => readOther(store, { after: next }),
            { code: "ERR_HANDCLASP_OPTION" },
            `${other} after a cursor of ${list}`,
          );
        }
      }
    });
  });

  describe(`${kind}: lists neither repeat nor leave out what was there while others came and went`, () => {
    it("of keys and events", async () => {
      await using store = await open();
      const peers = await claimed(store, 7);
      const [, , last, next] = peers;
      const staying = peers.filter((peer) => peer !== last && peer !== next).map(({ pin }) => pin);
      const keys = await readAround(
        (page) => store.listKeys(page),
        async () => {
          for (const gone of [last, next]) {
            await store.apply({ type: "forget", at: AT + 10, actor: ACTOR, key: gone?.pin ?? "" });
          }
          await store.apply(claimOf(factsOf("late"), { at: AT + 11 }));
          await store.apply(claimOf(factsOf("early"), { at: AT - 1 }));
        },
        ({ pin }) => staying.includes(pin),
      );
      assert.deepEqual(
        keys.map(({ pin }) => pin),
        staying,
      );
      const { sequence: newest } = store.head();
      const events = await readAround(
        (page) => store.listEvents(page),
        () => store.apply(claimOf(factsOf("later"), { at: AT + 12 })),
        ({ sequence }) => sequence <= newest,
      );
      assert.deepEqual(
        events.map(({ sequence }) => sequence),
        Array.from({ length: newest }, (_, at) => at + 1),
      );
    });

    it("of refusals and connections", async () => {
      await using store = await open();
      const [peer] = await claimed(store, 1);
      assert.ok(peer);
      const live = { pin: peer.pin, peer: "p", remoteAddress: null, listener: null };
      const openedAt = (number: number) => ({ ...live, id: `c${number}`, since: AT + number });
      const numbers = [1, 2, 3, 4, 5, 6, 7];
      const refusals = numbers.map((number) => refusalOf(number));
      await store.record({ ...NOTHING, refusals, opened: numbers.map(openedAt) });
      const read = await readAround(
        (page) => store.listRefusals(page),
        () => store.record({ ...NOTHING, refusals: [refusalOf(WEEK_MS + 3)] }),
        ({ lastAt }) => lastAt >= AT + 3 && lastAt <= AT + 7,
      );
      assert.deepEqual(
        read.map(({ connection }) => connection),
        ["c7", "c6", "c5", "c4", "c3"],
      );
      const staying = ["c1", "c2", "c5", "c6", "c7"];
      const connections = await readAround(
        (page) => store.listConnections(page),
        () => store.record({ ...NOTHING, closed: ["c3", "c4"], opened: [openedAt(0), openedAt(8)] }),
        ({ id }) => staying.includes(id),
      );
      assert.deepEqual(
        connections.map(({ id }) => id),
        staying,
      );
    });

    it("of tokens and members", async () => {
      await using store = await open();
      const tokens = [1, 2, 3, 4, 5, 6, 7].map((number) => {
        return { ...createTokenOf(`t${number}`, { id: `${number}`.repeat(32) }), at: AT + (number >> 1) };
      });
      for (const token of tokens) await store.apply(token);
      const ids = tokens.map(({ token }) => token.id);
      const read = await readAround(
        (page) => store.listTokens(page),
        async () => {
          await store.apply({ type: "cancel-token", at: AT + 9, actor: ACTOR, id: ids[4] ?? "" });
          await store.apply({ ...createTokenOf("late", { id: "a".repeat(32) }), at: AT + 9 });
          await store.apply({ ...createTokenOf("early", { id: "b".repeat(32) }), at: AT - 9 });
        },
        ({ id }) => ids.includes(id),
      );
      assert.deepEqual(
        read.map(({ id }) => id[0]),
        ["6", "7", "4", "5", "2", "3", "1"],
      );
      const peers = await claimed(store, 7);
      const putIn = (group: string, key: KeyPin) =>
        store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group, key });
      for (const { pin } of peers) await putIn("lab", pin);
      const members = await readAround(
        (page) => store.listMembers(page),
        async () => {
          for (const key of ["peer-2", "peer-3"]) {
            await store.apply({ type: "remove-from-group", at: AT, actor: ACTOR, group: "lab", key });
          }
          for (const group of ["admins", "web"]) await putIn(group, peers[0]?.pin ?? randomPin());
        },
        ({ group, peer }) => group === "lab" && peer !== "peer-2" && peer !== "peer-3",
      );
      assert.deepEqual(
        members.map(({ peer }) => peer),
        ["peer-0", "peer-1", "peer-4", "peer-5", "peer-6"],
      );
    });
  });
}
