// What every store promises of searches: what they find, however it is written.
import assert from "node:assert/strict";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { claimOf } from "./claims.ts";
import { factsOf } from "./made-up-certificates.ts";
import { refusalOf } from "./pages.ts";
import { hold } from "./pending-keys.ts";
import type { StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

interface Scene {
  readonly store: TrustStore;
  /** Trusted, with a note; it claims another name by now. */
  readonly zoe: KeyPin;
  /** It waits, came from an address of its own, and was refused from another. */
  readonly stranger: KeyPin;
  /** On record by a refusal alone. */
  readonly refused: KeyPin;
}

/** Registers this part for one kind of store. */
export function describeSearches({ kind, open, describe, it }: StoreSuite): void {
  async function scene(): Promise<Scene> {
    const store = await open();
    const [zoe, stranger, refused] = [factsOf("Zoë Ångström"), factsOf("Straße"), factsOf("nobody")];
    await store.apply(claimOf(zoe, { at: AT, actor: { ...ACTOR, address: "198.51.100.9" } }));
    const renamed = toSeenCertificate(factsOf("Dorothea", { pin: zoe.pin }));
    await store.apply({ type: "note-name", at: AT, actor: ACTOR, certificate: renamed });
    const text = "Café, second floor\nask Ben";
    await store.apply({ type: "write-note", at: AT, actor: ACTOR, key: zoe.pin, note: text });
    await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, key: zoe.pin, group: "guests" });
    await store.apply(hold(stranger, { at: AT + 1 }));
    const refusals = [
      refusalOf(1, { pin: zoe.pin, peer: "Zoë Ångström", address: "198.51.100.1" }),
      refusalOf(2, { pin: stranger.pin, address: "2001:db8::17" }),
      refusalOf(3, { pin: refused.pin, address: "203.0.113.3" }),
    ];
    const opened = [
      { id: "c9", pin: zoe.pin, peer: "Zoë Ångström", remoteAddress: null, listener: null, since: AT },
    ];
    await store.record({ seen: [], closed: [], refusals, opened });
    return { store, zoe: zoe.pin, stranger: stranger.pin, refused: refused.pin };
  }

  describe(`${kind}: searches`, () => {
    it("find keys by parts of names, pins, notes and addresses, and by beginnings of key ids, however written", async () => {
      const found = await scene();
      await using store = found.store;
      for (const [pin, searches] of searchesFor(found)) {
        for (const search of searches) {
          const { items } = await store.listKeys({ search });
          assert.deepEqual(
            items.map((key) => key.pin),
            [pin],
            search,
          );
        }
      }
      for (const search of ["zoe å", "%", "_", "203.0.113.3", toKeyId(found.zoe).slice(1, 20)]) {
        assert.deepEqual((await store.listKeys({ search })).items, [], search);
      }
    });

    it("find what is about such a key in the other lists, too", async () => {
      const found = await scene();
      await using store = found.store;
      const events = (await store.listEvents()).items.length;
      for (const [pin, searches] of searchesFor(found)) {
        for (const search of searches) {
          const refusals = await store.listRefusals({ search });
          assert.deepEqual(
            refusals.items.map((refusal) => refusal.pin),
            [pin],
            search,
          );
          const isZoe = pin === found.zoe;
          assert.equal((await store.listConnections({ search })).items.length, isZoe ? 1 : 0, search);
          assert.equal((await store.listEvents({ search })).items.length, isZoe ? events : 0, search);
        }
      }
      for (const search of [...idsOf(found.refused), "203.0.113"]) {
        const { items } = await store.listRefusals({ search });
        assert.deepEqual(
          items.map(({ pin }) => pin),
          [found.refused],
          search,
        );
      }
    });
  });
}

/** What finds each key. */
function searchesFor({ zoe, stranger }: Scene): readonly (readonly [KeyPin, readonly string[]])[] {
  const names = ["zoë", "ZOË ÅNG", "zoe\u0308", "ＺＯ", "ström", "  Zoë   Ångström ", "DOROTH"];
  const notes = ["CAFÉ", "cafe\u0301", "second  FLOOR", "ask ben"];
  const addresses = ["198.51.100.9", "198.51.100.1"];
  const others = ["strasse", "STRASSE", "traß", "192.0.2.1", "2001:db8::17", "2001:DB8"];
  return [
    [zoe, [...names, ...notes, ...addresses, ...idsOf(zoe)]],
    [stranger, [...others, ...idsOf(stranger)]],
  ];
}

/** A pin and its key id, in whole and in parts. */
function idsOf(pin: KeyPin): readonly string[] {
  const keyId = toKeyId(pin);
  const [one = "", two = ""] = keyId.split("-");
  return [pin, pin.slice(12, 32), keyId, `${one}-${two}`, `${one}${two}`.toLowerCase()];
}
