import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openMemoryStore } from "../../src/store/memory-store.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { parseEvent, type TrustEvent, verifyChain } from "../../src/trust/events.ts";
import { toKeyId } from "../../src/trust/key-id.ts";
import type { KeyPin } from "../../src/trust/key-record.ts";
import { Operator } from "../../src/trust/operator.ts";
import { Trust } from "../../src/trust/trust.ts";
import type { TrustStore } from "../../src/trust/trust-store.ts";
import type { RefusalReason } from "../../src/trust/verdict.ts";
import type { CertificateFacts } from "../../src/x509/certificate-facts.ts";
import { factsOf } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const NOW = Date.UTC(2030, 0, 1);

/** An operator, and the server whose clients are decided about. */
class Office {
  readonly store: TrustStore;
  readonly operator: Operator;
  readonly #trust: Trust;

  constructor(store: TrustStore = openMemoryStore()) {
    this.store = store;
    this.operator = new Operator(store, { user: "olga", process: "test 1", now: () => NOW });
    this.#trust = new Trust(store, { policy: { firstUse: "ask" }, now: () => NOW, process: "serve 2" });
    after(async () => {
      await this.#trust[Symbol.asyncDispose]();
      await store.close();
    });
  }

  /** A client connects: admitted as that peer, or refused for that reason. */
  async connects(certificate: CertificateFacts): Promise<{ peer: string } | RefusalReason> {
    const verdict = this.#trust.judge({ certificate, caSigned: false, remoteAddress: "192.0.2.1" });
    await this.#trust.flush();
    assert.notEqual(verdict.decision, "claim");
    return verdict.decision === "admit"
      ? { peer: verdict.peer }
      : verdict.decision === "refuse"
        ? verdict.reason
        : "unknown";
  }

  state(pin: KeyPin): string | undefined {
    return this.store.key(pin)?.state;
  }

  events(): readonly TrustEvent[] {
    return this.store.events(0, 1000).flatMap(({ json }) => parseEvent(json) ?? []);
  }
}

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

  it("changes nothing when another key holds the name, and says how to decide", async () => {
    const office = new Office();
    const [anna, rival] = [factsOf("anna"), factsOf("ANNA")];
    await office.operator.import(anna);
    assert.equal(await office.connects(rival), "key-changed");
    const before = office.store.head();
    await assert.rejects(office.operator.approve("anna"), (error: Error & { hint?: string }) => {
      assert.ok(error.message.includes(toKeyId(anna.pin)));
      assert.match(error.hint ?? "", /--replace.*--add.*--name/);
      return "code" in error && error.code === "ERR_HANDCLASP_CONFLICT";
    });
    assert.deepEqual(office.store.head(), before);
    assert.deepEqual([office.state(anna.pin), office.state(rival.pin)], ["trusted", "pending"]);
  });

  it("retires the old key with `replace`", async () => {
    const office = new Office();
    const [old, fresh] = [factsOf("anna"), factsOf("anna")];
    await office.operator.import(old);
    await office.connects(fresh);
    await office.operator.approve("anna", { onConflict: "replace" });
    assert.equal(await office.connects(old), "retired");
    assert.deepEqual(await office.connects(fresh), { peer: "anna" });
    const retired = office.events().find(({ type }) => type === "retired");
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
    assert.equal(office.events().at(-1)?.type, "name-approved");
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
    assert.deepEqual([key?.source, key?.firstSeen, key?.lastSeen], ["import", null, null]);
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
  });
});

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
    assert.deepEqual(office.store.certificates(anna.pin), []);
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
    const types = office.events().map(({ type }) => type);
    assert.deepEqual(types, [
      "imported",
      "renamed",
      "ignored",
      "revoked",
      "forgotten",
      "first-use-opened",
      "first-use-closed",
    ]);
    assert.ok(office.events().every(({ actor }) => actor.user === "olga" && actor.process === "test 1"));
    assert.equal(verifyChain(office.store.events(0, 100)).broken, null);
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
