import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { selectionDigest } from "../../src/operator/selection-digest.ts";
import { keysOfNetwork, toWaiting, type WaitingItem, type WaitingJson } from "../../src/operator/waiting.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { RefusalSighting } from "../../src/trust/port/ledger.ts";
import type { PageFilter } from "../../src/trust/port/page.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { factsOf } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";
import { arrive, arriveTogether } from "./support/waiting-room.ts";

const HOUR_MS = 3600 * 1000;

/** An item in short: who claims what, or how many of which network. */
function short(item: WaitingItem): string {
  return item.kind === "key" ? String(item.key.claim) : `${item.count} of ${item.network}`;
}

async function refused(store: TrustStore, ...refusals: readonly Partial<RefusalSighting>[]): Promise<void> {
  const plain = { pin: null, reason: "pending", detail: null, problem: null, fingerprint: null } as const;
  const where = { peer: null, address: "192.0.2.1", listener: "front", connection: "c1", count: 1 } as const;
  const when = { firstAt: NOW - 1000, lastAt: NOW - 1000 };
  const all = refusals.map((refusal) => ({ ...plain, ...where, ...when, ...refusal }));
  await store.record({ seen: [], refusals: all, opened: [], closed: [] });
}

describe("toWaiting", () => {
  it("has conflicts first and the others behind them, the newest first; four of one network are one", async () => {
    const { store, operator } = new Office();
    const anna = factsOf("anna");
    await operator.import(anna);
    await arrive(store, { claims: "printer", from: "10.0.4.7", ago: 9000 });
    await arrive(store, { claims: "anna", from: "203.0.113.9", ago: 8000, conflictsWith: anna.pin });
    await arriveTogether(store, 4, { network: "198.51.100", ago: 7000 });
    await arriveTogether(store, 3, { network: "198.51.101", ago: 5000 });
    await arrive(store, { claims: "socket", from: null, ago: 1 });
    const { items, counts, next } = await toWaiting(store, NOW);
    const flood = [2, 1, 0].map((index) => `flood-198.51.101-${index}`);
    assert.deepEqual(items.map(short), ["anna", "socket", ...flood, "4 of 198.51.100.0/24", "printer"]);
    const all = { waiting: 10, conflicts: 1, refusedToday: 0, rateLimitedToday: 0, networks: 0 };
    assert.deepEqual([counts, next], [all, null]);
  });

  it("sees at once who came, who was seen and who went, though it reads anew only when something was written", async () => {
    const { store, operator } = new Office();
    const claims = async (): Promise<readonly string[]> => (await toWaiting(store, NOW)).items.map(short);
    const printer = await arrive(store, { claims: "printer", from: "10.0.4.7" });
    assert.deepEqual([await claims(), await claims()], [["printer"], ["printer"]]);
    await arrive(store, { claims: "socket", from: "10.0.5.7" });
    assert.deepEqual((await claims()).toSorted(), ["printer", "socket"]);
    await operator.ignore(printer);
    assert.deepEqual(await claims(), ["socket"]);
    const [pending] = (await store.listKeys({ state: "pending" })).items;
    const lapsed = await toWaiting(store, pending?.expires ?? 0);
    assert.deepEqual(lapsed.items, []);
  });

  it("shows a conflict beside who has the name, and each with its tries", async () => {
    const { store, operator } = new Office();
    const anna = factsOf("anna");
    await operator.import(anna);
    const rival = await arrive(store, { claims: "anna", from: "203.0.113.9", conflictsWith: anna.pin });
    const tried = { pin: rival, reason: "key-changed", firstAt: NOW - 900, lastAt: NOW - 500 } as const;
    const elsewhere = { address: "203.0.113.77", listener: "back", connection: "c2", lastAt: NOW - 100 };
    await refused(store, { ...tried, count: 3 }, { ...tried, ...elsewhere });
    const { items } = await toWaiting(store, NOW);
    const [item] = items;
    assert.ok(item?.kind === "key");
    assert.partialDeepStrictEqual(item.key, {
      state: "pending",
      reason: "key-changed",
      keyId: toKeyId(rival),
      claim: "anna",
      address: "203.0.113.77",
      listener: "back",
      tries: 4,
      lastTry: new Date(NOW - 100).toISOString(),
      phrase: null,
    });
    assert.partialDeepStrictEqual(item.key.holder, { peer: "anna", state: "trusted", pin: anna.pin });
  });

  it("folds no key in conflict, none with a note and none that was set aside", async () => {
    const { store, operator } = new Office();
    const anna = factsOf("anna");
    await operator.import(anna);
    const [first = "", ...rest] = await arriveTogether(store, 6);
    await operator.note(first, "Ben's");
    await arrive(store, { claims: "anna", from: "198.51.100.200", conflictsWith: anna.pin });
    const ben = factsOf("ben");
    await operator.import(ben);
    await operator.setAside(ben.pin);
    const { items } = await toWaiting(store, NOW);
    const [network, ...more] = items.filter((item) => item.kind === "network");
    assert.ok(network !== undefined && more.length === 0);
    const keys = rest.map((pin) => ({ pin, version: store.key(pin)?.version ?? 0 }));
    assert.deepEqual([network.count, network.digest], [5, selectionDigest(keys.toReversed())]);
    assert.deepEqual(
      network.sample.map(({ pin }) => pin),
      rest.slice(-3).toReversed(),
    );
    assert.equal(items.length, 4);
    const folded = await keysOfNetwork(store, network.network, NOW);
    assert.deepEqual(
      folded.map(({ pin }) => pin),
      rest,
    );
  });

  it("folds the /64 of IPv6, and addresses that dual-stack sockets show", async () => {
    const { store } = new Office();
    for (let index = 0; index < 4; index++) {
      await arrive(store, { claims: `six-${index}`, from: `2001:db8::${index + 1}` });
      await arrive(store, { claims: `four-${index}`, from: `::ffff:203.0.113.${index}` });
      await arrive(store, { claims: `other-${index}`, from: `2001:db8:${index + 1}::1` });
    }
    const { items } = await toWaiting(store, NOW);
    const folded = items.filter((item) => item.kind === "network").map(short);
    assert.deepEqual(folded.toSorted(), ["4 of 2001:db8::/64", "4 of 203.0.113.0/24"]);
    assert.equal(items.length, 6);
  });

  it("is read in pages that repeat nothing and leave out nothing", async () => {
    const { store, operator } = new Office();
    const anna = factsOf("anna");
    await operator.import(anna);
    await arrive(store, { claims: "anna", conflictsWith: anna.pin });
    await arrive(store, { claims: "anna", conflictsWith: anna.pin });
    for (let network = 0; network < 3; network++) {
      await arriveTogether(store, 5, { network: `10.9.${network}`, ago: 5000 });
      await arriveTogether(store, 2, { network: `10.8.${network}`, ago: 5000 });
    }
    const whole = (await toWaiting(store, NOW)).items.map(short);
    const read: string[] = [];
    let page: PageFilter | undefined = { limit: 2 };
    while (page !== undefined) {
      const { items, next }: WaitingJson = await toWaiting(store, NOW, page);
      assert.ok(items.length <= 2);
      read.push(...items.map(short));
      page = next === null ? undefined : { limit: 2, after: next };
    }
    assert.deepEqual(read, whole);
    assert.equal(whole.length, 11);
  });

  it("does without strangers that lapsed, and refuses cursors and limits that are none", async () => {
    const { store } = new Office();
    await arrive(store, { claims: "gone", ago: HOUR_MS, expires: NOW });
    await arrive(store, { claims: "there" });
    const { items, counts } = await toWaiting(store, NOW);
    assert.deepEqual([items.map(short), counts.waiting], [["there"], 1]);
    const keys = await store.listKeys({ limit: 1 });
    for (const page of [{ after: keys.next ?? "" }, { after: "x" }, { limit: 0 }, { limit: 1001 }]) {
      await assert.rejects(toWaiting(store, NOW, page), { code: "ERR_HANDCLASP_OPTION" });
    }
  });

  it("counts who was refused in a day, with a share of what goes on for longer", async () => {
    const { store } = new Office();
    const limited = { reason: "rate-limited", count: 99 } as const;
    await refused(
      store,
      { address: "198.51.100.1", ...limited, connection: "c2" },
      { address: "198.51.100.2", ...limited, connection: "c3" },
      { address: "2001:db8::1", reason: "unknown", count: 10, firstAt: NOW - 96 * HOUR_MS, lastAt: NOW },
      { address: "192.0.2.200", reason: "unknown", firstAt: NOW - 40 * HOUR_MS, lastAt: NOW - 30 * HOUR_MS },
    );
    const { counts } = await toWaiting(store, NOW);
    assert.partialDeepStrictEqual(counts, { refusedToday: 201, rateLimitedToday: 198, networks: 1 });
  });
});
