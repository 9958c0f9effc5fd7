import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { Operator } from "../../src/operator/operator.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { verifyChain } from "../../src/trust/records/events.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { factsOf } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { NOW, Office } from "../trust/support/office.ts";
import { eventsIn } from "../support/listed.ts";

describe("Operator.revoke and ignore", () => {
  it("revokes all keys of a peer at once, and returns them", async () => {
    const office = new Office();
    const keys = [factsOf("anna"), factsOf("anna"), factsOf("anna")];
    for (const key of keys) await office.operator.import(key, { onConflict: "add" });
    const revoked = await office.operator.revoke("anna");
    assert.deepEqual(new Set(revoked.map(({ pin }) => pin)), new Set(keys.map(({ pin }) => pin)));
    for (const key of keys) assert.equal(await office.connects(key), "revoked");
  });

  it("keeps the name of a revoked key bound", async () => {
    const office = new Office();
    await office.operator.import(factsOf("anna"));
    await office.operator.revoke("anna");
    assert.equal(await office.connects(factsOf("anna")), "key-changed");
  });

  it("leaves the others of a peer alone when one key is named", async () => {
    const office = new Office();
    const [lost, kept] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(lost);
    await office.operator.import(kept, { onConflict: "add" });
    await office.operator.revoke(toKeyId(lost.pin).slice(0, 15));
    assert.deepEqual([office.state(lost.pin), office.state(kept.pin)], ["revoked", "trusted"]);
  });

  it("ignores an impostor without touching the peer whose name it claims", async () => {
    const office = new Office();
    const [anna, impostor] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(anna);
    await office.connects(impostor);
    await office.operator.ignore(impostor.pin);
    assert.equal(await office.connects(impostor), "ignored");
    assert.deepEqual(await office.connects(anna), { peer: "anna" });
    assert.deepEqual(
      office.store.keysOfName("anna").map(({ pin }) => pin),
      [anna.pin],
    );
  });

  it("leaves the name free that a stranger claimed who is barred", async () => {
    for (const verb of ["ignore", "revoke"] as const) {
      const office = new Office();
      const [stranger, anna] = [factsOf("anna"), factsOf("anna")];
      await office.connects(stranger);
      await office.operator[verb]("anna");
      assert.deepEqual(office.store.keysOfName("anna"), []);
      assert.equal(await office.connects(anna), "pending");
      await office.operator.approve(anna.pin);
      assert.deepEqual(await office.connects(anna), { peer: "anna" });
      assert.equal(await office.connects(stranger), verb === "ignore" ? "ignored" : "revoked");
    }
  });

  it("never makes a revoked key an ignored one by the peer's name", async () => {
    const office = new Office();
    const [stolen, kept] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(stolen);
    await office.operator.import(kept, { onConflict: "add" });
    await office.operator.revoke(stolen.pin);
    await office.operator.ignore("anna");
    assert.deepEqual([office.state(stolen.pin), office.state(kept.pin)], ["revoked", "ignored"]);
  });
});

describe("Operator.forget", () => {
  it("frees the name: the next key that claims it meets nobody", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.operator.revoke("anna");
    await office.operator.forget("anna");
    assert.equal(office.store.key(anna.pin), undefined);
    assert.deepEqual(await office.store.listCertificates(anna.pin), []);
    assert.equal(await office.connects(factsOf("anna")), "pending");
    await assert.rejects(office.operator.revoke(anna.pin), { code: "ERR_HANDCLASP_NOT_FOUND" });
  });

  it("leaves a tombstone", async () => {
    const path = join(temporaryFolder(), "trust.db");
    const office = new Office(openSqliteStore(path));
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.operator.forget("anna");
    using database = new DatabaseSync(path, { readOnly: true });
    const rows = database.prepare("SELECT pin, at FROM tombstones").all();
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [{ pin: anna.pin, at: NOW }],
    );
  });

  it("lets a key that conflicted wait as any other", async () => {
    const office = new Office();
    const [anna, rival] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(anna);
    await office.connects(rival);
    assert.equal(office.store.key(rival.pin)?.conflictsWith, anna.pin);
    await office.operator.forget(anna.pin);
    assert.equal(office.store.key(rival.pin)?.conflictsWith, null);
    await office.operator.approve("anna");
    assert.deepEqual(await office.connects(rival), { peer: "anna" });
  });
});

describe("Operator.rename", () => {
  it("takes all keys of the peer along, and frees the former name", async () => {
    const office = new Office();
    const [laptop, phone] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(laptop);
    await office.operator.import(phone, { onConflict: "add" });
    const renamed = await office.operator.rename("anna", "Anna B");
    assert.equal(renamed.length, 2);
    assert.deepEqual(await office.connects(laptop), { peer: "Anna B" });
    assert.deepEqual(await office.connects(phone), { peer: "Anna B" });
    assert.deepEqual(office.store.keysOfName("anna"), []);
  });

  it("refuses a name that another key holds, folded", async () => {
    const office = new Office();
    await office.operator.import(factsOf("anna"));
    await office.operator.import(factsOf("ben"));
    for (const name of ["anna", "ANNA", "ａｎｎａ"]) {
      await assert.rejects(office.operator.rename("ben", name), { code: "ERR_HANDCLASP_CONFLICT" }, name);
    }
  });

  it("lets a peer change the case of its own name", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.operator.rename("anna", "Anna");
    assert.deepEqual(await office.connects(anna), { peer: "Anna" });
  });

  it("refuses to name a key that nobody approved", async () => {
    const office = new Office();
    await office.connects(factsOf("anna"));
    await assert.rejects(office.operator.rename("anna", "ben"), { code: "ERR_HANDCLASP_STATE" });
  });
});

describe("Operator: names and events", () => {
  it("treats names that fold to the same as the same name", async () => {
    const office = new Office();
    await office.operator.import(factsOf("Straße"));
    for (const claim of ["straße", "STRASSE", "ＳＴＲＡＳＳＥ"]) {
      await assert.rejects(office.operator.import(factsOf(claim)), { code: "ERR_HANDCLASP_CONFLICT" }, claim);
    }
  });

  it("puts every decision into the chain, with who made it", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.operator.rename("anna", "Anna B");
    await office.operator.ignore("anna b");
    await office.operator.revoke(anna.pin);
    await office.operator.forget("anna b");
    assert.equal(await office.operator.openFirstUse(600_000), NOW + 600_000);
    assert.equal(await office.operator.openFirstUse(0), NOW);
    const types = (await office.events()).map(({ type }) => type);
    assert.deepEqual(types, [
      "imported",
      "renamed",
      "ignored",
      "revoked",
      "forgotten",
      "first-use-opened",
      "first-use-closed",
    ]);
    assert.ok(
      (await office.events()).every(({ actor }) => actor.user === "olga" && actor.process === "test 1"),
    );
    assert.equal(verifyChain(await eventsIn(office.store)).broken, null);
  });

  it("leaves an event that says how the operator came, and how the key was compared", async () => {
    const office = new Office();
    const [anna, ben, carl] = [factsOf("anna"), factsOf("ben"), factsOf("carl")];
    for (const key of [anna, ben, carl]) await office.connects(key);
    const keyId = toKeyId(factsOf("olga").pin);
    const options = { user: "olga", process: "gateway 1", now: () => NOW };
    const olga = new Operator(office.store, { ...options, via: "certificate", keyId });
    await olga.approve(anna.pin, { compared: "scan" });
    await olga.many("approve", [{ key: ben.pin, compared: "words" }, carl.pin], { compared: "none" });
    const events = await office.events();
    assert.deepEqual(
      events.map(({ details }) => details["compared"]),
      ["scan", "words", "none"],
    );
    for (const { actor } of events) assert.partialDeepStrictEqual(actor, { via: "certificate", keyId });
    await assert.rejects(office.operator.approve(anna.pin, { compared: "looks" as "scan" }), {
      code: "ERR_HANDCLASP_OPTION",
    });
  });

  it("takes no moment that cannot be written down", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, 8.8e15, -1, 1.5]) {
      const refused = { code: "ERR_HANDCLASP_OPTION" };
      await assert.rejects(office.operator.import(anna, { expires: wrong }), refused, String(wrong));
      if (wrong !== -1) await assert.rejects(office.operator.openFirstUse(wrong), refused, String(wrong));
    }
    await office.connects(anna);
    await assert.rejects(office.operator.approve(anna.pin, { expires: Number.NaN }), {
      code: "ERR_HANDCLASP_OPTION",
    });
    assert.equal(office.store.key(anna.pin)?.state, "pending");
    assert.deepEqual(await office.events(), []);
  });

  it("lets exactly one of two approvals of one name at once win", async () => {
    const office = new Office();
    const rivals = [factsOf("anna"), factsOf("anna"), factsOf("anna")];
    for (const rival of rivals) await office.connects(rival);
    const results = await Promise.allSettled(rivals.map(({ pin }) => office.operator.approve(pin)));
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal(office.store.keysOfName("anna").length, 1);
  });
});
