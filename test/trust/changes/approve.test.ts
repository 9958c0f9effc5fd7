import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { Trust } from "../../../src/trust/trust.ts";
import { factsOf } from "../../support/certificates.ts";
import { NOW, Office } from "../support/office.ts";
import { keysIn } from "../../support/listed.ts";

describe("importing a key that is trusted already", () => {
  it("only adds the certificate, even when a revoked key shares the name", async () => {
    const office = new Office();
    const [stolen, anna] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(stolen);
    await office.operator.revoke("anna");
    await office.operator.import(anna, { onConflict: "add" });
    const events = (await office.events()).length;
    const renewed = factsOf("anna", { pin: anna.pin });
    await office.operator.import(renewed);
    assert.equal(office.store.key(anna.pin)?.fingerprint, renewed.fingerprint);
    assert.equal((await office.store.listCertificates(anna.pin)).length, 2);
    assert.equal((await office.events()).length, events);
  });

  it("leaves nothing behind when the import conflicts", async () => {
    const office = new Office();
    const [anna, rival] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(anna);
    await assert.rejects(office.operator.import(rival), { code: "ERR_HANDCLASP_CONFLICT" });
    assert.deepEqual(await office.store.listCertificates(rival.pin), []);
    assert.equal(office.store.key(rival.pin), undefined);
  });
});

describe("conflicts of pending keys", () => {
  it("go over to another holder when the one they conflict with is forgotten", async () => {
    const office = new Office();
    const [first, second, rival] = [factsOf("anna"), factsOf("anna"), factsOf("anna")];
    await office.operator.import(first);
    await office.operator.import(second, { onConflict: "add" });
    await office.connects(rival);
    const holder = office.store.key(rival.pin)?.conflictsWith;
    assert.ok(holder);
    await office.operator.forget(holder);
    const other = holder === first.pin ? second.pin : first.pin;
    assert.equal(office.store.key(rival.pin)?.conflictsWith, other);
    await office.operator.forget(other);
    assert.equal(office.store.key(rival.pin)?.conflictsWith, null);
  });

  it("end when the holder gets another name, or the key is barred", async () => {
    const office = new Office();
    const [anna, rival, other] = [factsOf("anna"), factsOf("anna"), factsOf("anna")];
    await office.operator.import(anna);
    await office.connects(rival);
    await office.connects(other);
    await office.operator.ignore(other.pin);
    assert.equal(office.store.key(other.pin)?.conflictsWith, null);
    await office.operator.rename("anna", "anna of old");
    assert.equal(office.store.key(rival.pin)?.conflictsWith, null);
    assert.equal(await office.connects(rival), "pending");
  });
});

describe("what a pending key conflicts with", () => {
  it("is whoever got the name after it came to wait", async () => {
    const office = new Office();
    const [rival, anna, next] = [factsOf("anna"), factsOf("anna"), factsOf("anna")];
    assert.equal(await office.connects(rival), "pending");
    assert.equal(office.store.key(rival.pin)?.conflictsWith, null);
    await office.operator.import(anna);
    assert.equal(office.store.key(rival.pin)?.conflictsWith, anna.pin);
    await office.operator.import(next, { onConflict: "replace" });
    const [listed] = (await keysIn(office.store)).filter(({ pin }) => pin === rival.pin);
    assert.equal(listed?.conflictsWith, next.pin);
  });

  it("is nobody once the holder was approved under another name", async () => {
    const office = new Office();
    const [anna, rival] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(anna);
    await office.connects(rival);
    assert.equal(office.store.key(rival.pin)?.conflictsWith, anna.pin);
    await office.operator.approve(anna.pin, { name: "anna of old" });
    assert.equal(office.store.key(rival.pin)?.conflictsWith, null);
  });
});

describe("approving", () => {
  it("binds the key id when the server that met the key binds keys", async () => {
    const office = new Office();
    await using server = new Trust(office.store, {
      policy: { firstUse: "ask", bind: "key" },
      now: () => NOW,
      process: "serve 3",
    });
    const anna = factsOf("anna");
    server.judge({ certificate: anna, caSigned: false, remoteAddress: "192.0.2.1" });
    await office.operator.approve(anna.pin);
    const key = office.store.key(anna.pin);
    assert.equal(key?.peer, toKeyId(anna.pin));
    assert.equal(key.claimedName, "anna");
  });

  it("is not called the approval of a name when no name was waiting", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.operator.approve(anna.pin, { expires: NOW + 1000 });
    assert.equal((await office.events()).at(-1)?.type, "approved");
  });
});

describe("a claim that waits for review", () => {
  it("does not change under the operator's eyes: not a pending key's name", async () => {
    const office = new Office();
    const printer = factsOf("printer-7");
    await office.connects(printer);
    assert.equal(await office.connects(factsOf("admin", { pin: printer.pin })), "pending");
    await office.operator.approve(printer.pin);
    assert.equal(office.store.key(printer.pin)?.peer, "printer-7");
    assert.equal(await office.connects(factsOf("admin", { pin: printer.pin })), "name-changed");
  });

  it("does not change under the operator's eyes: not into the claim of a key that came endorsed for another name", async () => {
    const office = new Office(openMemoryStore(), { rotation: "ask" });
    const [mallory, bob] = [factsOf("mallory"), factsOf("bob")];
    for (const each of [mallory, bob]) await office.operator.import(each);
    const next = factsOf("bob");
    const endorsement = [{ oldPin: mallory.pin, issuedAt: NOW, verify: () => true }];
    assert.equal(await office.connects(next, endorsement), "pending");
    assert.equal(await office.connects(factsOf("bob", { pin: next.pin })), "key-changed");
    await office.operator.approve(next.pin, { onConflict: "replace" });
    assert.equal(office.store.key(next.pin)?.peer, "mallory");
    assert.deepEqual([office.state(bob.pin), office.state(mallory.pin)], ["trusted", "retired"]);
  });

  it("does not change under the operator's eyes: not a trusted key's new name", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.connects(factsOf("anna-2", { pin: anna.pin }));
    await office.connects(factsOf("root", { pin: anna.pin }));
    await office.operator.approve("anna");
    assert.equal(office.store.key(anna.pin)?.peer, "anna-2");
  });
});

describe("a key id that was mistyped", () => {
  it("never means a stranger who calls himself so", async () => {
    const office = new Office();
    const victim = factsOf("victim");
    await office.operator.import(victim);
    const id = toKeyId(victim.pin).slice(0, 15);
    const typo = `${id.startsWith("A") ? "C" : "A"}${id.slice(1)}`;
    await office.connects(factsOf(typo));
    await assert.rejects(office.operator.approve(typo), { code: "ERR_HANDCLASP_KEY_ID" });
  });
});
