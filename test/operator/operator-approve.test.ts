import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../src/errors.ts";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { factsOf } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { NOW, Office } from "../trust/support/office.ts";

describe("Operator.approve", () => {
  it("trusts a pending key under the name that it claims", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    assert.equal(await office.connects(anna), "pending");
    const [key] = await office.operator.approve("anna");
    assert.deepEqual(
      [key?.state, key?.peer, key?.source, key?.expires],
      ["trusted", "anna", "approved", null],
    );
    assert.deepEqual(await office.connects(anna), { peer: "anna" });
  });

  it("binds another name than the claimed one", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.connects(anna);
    await office.operator.approve("anna", { name: "Anna of the lab" });
    assert.deepEqual(await office.connects(anna), { peer: "Anna of the lab" });
    assert.deepEqual(office.store.keysOfName("anna"), []);
  });

  it("calls a key that claims nothing by its key id", async () => {
    const office = new Office();
    const nameless = factsOf(undefined);
    await office.connects(nameless);
    const [key] = await office.operator.approve(nameless.pin);
    assert.equal(key?.peer, toKeyId(nameless.pin));
  });

  it("refuses names that are unsafe or look like a key", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.connects(anna);
    for (const name of [
      "",
      "an\nna",
      "an\u202ena",
      anna.pin,
      toKeyId(anna.pin).slice(0, 15),
      "x".repeat(256),
    ]) {
      await assert.rejects(office.operator.approve("anna", { name }), { code: "ERR_HANDCLASP_NAME" }, name);
    }
    assert.equal(office.state(anna.pin), "pending");
  });

  it("lets an approval end", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.connects(anna);
    await office.operator.approve("anna", { expires: NOW });
    assert.equal(await office.connects(anna), "expired");
    await office.operator.approve(anna.pin, { expires: NOW + 1 });
    assert.deepEqual(await office.connects(anna), { peer: "anna" });
  });

  it("keeps the end of a key that is trusted, whatever else is approved about it, unless told", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    const end = NOW + 1000;
    await office.operator.import(anna, { expires: end });
    assert.equal(await office.connects(factsOf("anne", { pin: anna.pin })), "name-changed");
    assert.equal((await office.operator.approve("anna"))[0]?.expires, end);
    assert.equal((await office.operator.approve(anna.pin, { name: "Anna B" }))[0]?.expires, end);
    assert.equal((await office.operator.import(anna, { name: "Anna C" }))[0]?.expires, end);
    assert.equal((await office.operator.approve(anna.pin, { expires: null }))[0]?.expires, null);
  });

  it("begins anew when the end is past, or the key was barred", async () => {
    const office = new Office();
    const [anna, ben] = [factsOf("anna"), factsOf("ben")];
    await office.operator.import(anna, { expires: NOW });
    assert.equal((await office.operator.approve(anna.pin))[0]?.expires, null);
    await office.operator.import(ben, { expires: NOW + 1000 });
    await office.operator.revoke("ben");
    assert.equal((await office.operator.approve(ben.pin))[0]?.expires, null);
    await office.connects(factsOf("carl"));
    assert.equal((await office.operator.approve("carl"))[0]?.expires, null);
  });

  for (const [where, open] of [
    ["in memory", openMemoryStore],
    ["by its writer's thread", () => openSqliteStore(join(temporaryFolder(), "trust.db"))],
  ] as const)
    it(`changes nothing when another key holds the name, and says how to decide: ${where}`, async () => {
      const office = new Office(open());
      const [anna, rival] = [factsOf("anna"), factsOf("ANNA")];
      await office.operator.import(anna);
      assert.equal(await office.connects(rival), "key-changed");
      const before = office.store.head();
      await assert.rejects(office.operator.approve("anna"), (error: Error) => {
        assert.ok(isHandclaspError(error, "ERR_HANDCLASP_CONFLICT"));
        assert.ok(error.message.includes(toKeyId(anna.pin)));
        const about = { act: "approve-key", at: "server", key: toKeyId(rival.pin) };
        assert.deepEqual(
          error.remedies,
          [{ replace: true }, { add: true }, { name: "NAME" }].map((options) => ({ ...about, options })),
        );
        return true;
      });
      assert.deepEqual(office.store.head(), before);
      assert.deepEqual([office.state(anna.pin), office.state(rival.pin)], ["trusted", "pending"]);
    });

  it("retires the old key with `replace`", async () => {
    const office = new Office();
    const [old, fresh] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(old);
    await office.connects(fresh);
    const changed = await office.operator.approve("anna", { onConflict: "replace" });
    assert.deepEqual(
      changed.map(({ pin, state }) => [pin, state]),
      [
        [fresh.pin, "trusted"],
        [old.pin, "retired"],
      ],
    );
    assert.equal(await office.connects(old), "retired");
    assert.deepEqual(await office.connects(fresh), { peer: "anna" });
    const retired = (await office.events()).find(({ type }) => type === "retired");
    assert.equal(retired?.pin, old.pin);
    assert.equal(retired?.details["replacedBy"], fresh.pin);
  });

  it("does not turn a revoked key into a retired one", async () => {
    const office = new Office();
    const [stolen, fresh] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(stolen);
    await office.operator.revoke("anna");
    await office.connects(fresh);
    await office.operator.approve(fresh.pin, { onConflict: "replace" });
    assert.deepEqual([office.state(stolen.pin), office.state(fresh.pin)], ["revoked", "trusted"]);
  });

  it("keeps both keys with `add`", async () => {
    const office = new Office();
    const [laptop, phone] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(laptop);
    await office.connects(phone);
    await office.operator.approve("anna", { onConflict: "add" });
    assert.deepEqual(await office.connects(laptop), { peer: "anna" });
    assert.deepEqual(await office.connects(phone), { peer: "anna" });
  });

  it("accepts the new name of a trusted key", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    const married = factsOf("anna.b", { pin: anna.pin });
    await office.operator.import(anna);
    assert.equal(await office.connects(married), "name-changed");
    await office.operator.approve("anna");
    assert.deepEqual(await office.connects(married), { peer: "anna.b" });
    assert.equal((await office.events()).at(-1)?.type, "name-approved");
  });

  it("lifts a revocation of the key that is named, and of no other", async () => {
    const office = new Office();
    const [one, other] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(one);
    await office.operator.import(other, { onConflict: "add" });
    await office.operator.revoke("anna");
    await office.operator.approve(one.pin, { onConflict: "add" });
    assert.deepEqual([office.state(one.pin), office.state(other.pin)], ["trusted", "revoked"]);
  });
});

describe("Operator.import", () => {
  it("trusts the key of a certificate before it was ever seen", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    const [key] = await office.operator.import(anna);
    assert.deepEqual([key?.source, key?.firstSeen, key?.firstAddress], ["import", null, null]);
    assert.deepEqual(await office.connects(anna), { peer: "anna" });
  });

  it("does not lift a revocation", async () => {
    const office = new Office();
    const anna = factsOf("anna");
    await office.operator.import(anna);
    await office.operator.revoke("anna");
    await assert.rejects(office.operator.import(anna), { code: "ERR_HANDCLASP_STATE" });
    assert.equal(await office.connects(anna), "revoked");
  });

  it("refuses a claimed name that is not safe, unless it is given another", async () => {
    const office = new Office();
    const eve = factsOf("e\u001b[2Jve");
    const [key] = await office.operator.import(eve, { name: "eve" });
    assert.equal(key?.peer, "eve");
    assert.equal(key?.claimedName, null);
    assert.deepEqual(await office.connects(eve), { peer: "eve" });
    const other = factsOf("e\u001b[2Jve", { pin: eve.pin });
    assert.equal(await office.connects(other), "malformed-certificate");
  });
});
