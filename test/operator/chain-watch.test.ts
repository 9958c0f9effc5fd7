import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ChainWatch } from "../../src/operator/chain-watch.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { factsOf } from "../support/certificates.ts";
import { Office } from "../trust/support/office.ts";

/** The store, and how many events were read of it; one of them is as it is given. */
function watched(store: TrustStore): { store: TrustStore; read: number; forged?: number } {
  const seen: { store: TrustStore; read: number; forged?: number } = { store, read: 0 };
  const listEvents: TrustStore["listEvents"] = async (filter) => {
    const page = await store.listEvents(filter);
    seen.read += page.items.length;
    const items = page.items.map((event) =>
      event.sequence === seen.forged ? { ...event, json: event.json.replace("peer-", "evil-") } : event,
    );
    return { ...page, items };
  };
  seen.store = new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === "listEvents" ? listEvents : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return seen;
}

async function met(office: Office, count: number): Promise<void> {
  for (let index = 0; index < count; index++)
    await office.operator.import(factsOf(`peer-${index}`), { onConflict: "add" });
}

describe("ChainWatch", () => {
  it("verifies the chain once, and from then on what is new", async () => {
    const office = new Office();
    await met(office, 1200);
    const seen = watched(office.store);
    let pauses = 0;
    const watch = new ChainWatch(seen.store, async () => void pauses++);
    assert.equal(watch.report.head.sequence, 0);
    assert.deepEqual(await watch.look(), { head: office.store.head(), broken: null });
    assert.equal(seen.read, 1200);
    assert.equal(pauses, 2);
    await met(office, 3);
    assert.deepEqual((await watch.look()).head, office.store.head());
    assert.ok(seen.read < 1210, `${seen.read} events were read`);
  });

  it("says where the chain breaks, and goes on saying so until all of it is verified anew", async () => {
    const office = new Office();
    await met(office, 5);
    const seen = watched(office.store);
    const watch = new ChainWatch(seen.store, setImmediate);
    seen.forged = 3;
    const { head, broken } = await watch.look();
    assert.deepEqual([head.sequence, broken?.sequence], [2, 3]);
    delete seen.forged;
    assert.deepEqual(await watch.look(), { head, broken });
    assert.deepEqual(await watch.verifyAnew(), { head: office.store.head(), broken: null });
  });

  it("calls nothing whole that was broken while all of it is verified anew, however often that is asked for", async () => {
    const office = new Office();
    await met(office, 1200);
    const seen = watched(office.store);
    seen.forged = 700;
    const said: (number | undefined)[] = [];
    const watch = new ChainWatch(seen.store, async () => void said.push(watch.report.broken?.sequence));
    await watch.look();
    said.length = 0;
    const answers = await Promise.all([watch.verifyAnew(), watch.verifyAnew(), watch.verifyAnew()]);
    assert.deepEqual(said, [700]);
    assert.deepEqual(
      answers.map(({ broken }) => broken?.sequence),
      [700, 700, 700],
    );
  });

  it("sees that the end which it verified was rewritten or cut off", async () => {
    for (const events of [3, 8]) {
      const office = new Office();
      await met(office, 5);
      const other = new Office();
      await met(other, events);
      let store = office.store;
      const now = new Proxy(store, {
        get: (_, name) => {
          const value: unknown = Reflect.get(store, name, store);
          return typeof value === "function" ? value.bind(store) : value;
        },
      });
      const watch = new ChainWatch(now, setImmediate);
      assert.equal((await watch.look()).broken, null);
      store = other.store;
      const { head, broken } = await watch.look();
      assert.deepEqual([head.sequence, broken?.sequence], [5, 5]);
      assert.match(broken?.problem ?? "", events === 3 ? /are gone/ : /another hash/);
    }
  });

  it("answers all who ask meanwhile at once", async () => {
    const office = new Office();
    await met(office, 600);
    const seen = watched(office.store);
    const watch = new ChainWatch(seen.store, setImmediate);
    const [one, other] = await Promise.all([watch.look(), watch.look()]);
    assert.deepEqual(one, other);
    assert.equal(seen.read, 600);
  });
});
