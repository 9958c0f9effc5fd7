import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { openBackup } from "../../src/store/open-backup.ts";
import { claimOf } from "../../src/testing/contract/claims.ts";
import { createTokenOf } from "../../src/testing/contract/join-tokens.ts";
import { parseEvent } from "../../src/trust/records/events.ts";
import { factsOf } from "../support/certificates.ts";
import { Archive } from "./support/archive.ts";

const AT = Date.UTC(2030, 0, 1);

describe("restoring a store", () => {
  it("gives trust back to who was forgotten, set aside or renamed, with groups, notes and certificates", async () => {
    await using archive = new Archive();
    const { operator, store } = archive;
    const [anna, ben, carl] = [
      await archive.meet("anna"),
      await archive.meet("ben"),
      await archive.meet("carl"),
    ];
    await operator.addToGroup("dba", "anna");
    await operator.note("anna", "the lab's");
    await using backup = await archive.backUp();
    await operator.forget("anna");
    await operator.setAside("ben");
    await operator.rename("carl", "karl");
    const { totals, steps } = await archive.restore(backup);
    assert.deepEqual(
      [anna, ben, carl].map((one) => archive.standing(one)),
      [
        ["trusted", "anna"],
        ["trusted", "ben"],
        ["trusted", "carl"],
      ],
    );
    assert.deepEqual(store.groupsOf("anna"), ["dba"]);
    assert.equal(store.key(anna.pin)?.note, "the lab's");
    assert.equal((await store.listCertificates(anna.pin)).length, 1);
    assert.deepEqual(totals, {
      trusted: 2,
      waiting: 0,
      barred: 0,
      changed: 1,
      kept: 0,
      groups: 1,
      tokens: 0,
    });
    assert.equal(steps.length, 4);
  });

  it("keeps who was revoked, retired or ignored since", async () => {
    await using archive = new Archive();
    const { operator } = archive;
    const [anna, ben, carl] = [
      await archive.meet("anna"),
      await archive.meet("ben"),
      await archive.meet("carl"),
    ];
    await using backup = await archive.backUp();
    await operator.revoke("anna");
    await operator.ignore("ben");
    await operator.import(factsOf("carl"), { onConflict: "replace" });
    const { totals } = await archive.restore(backup);
    assert.deepEqual(
      [anna, ben, carl].map((one) => archive.standing(one)[0]),
      ["revoked", "ignored", "retired"],
    );
    assert.deepEqual([totals.kept, totals.waiting, totals.trusted], [3, 1, 0]);
  });

  it("bars again who was barred and then forgotten", async () => {
    await using archive = new Archive();
    const { operator } = archive;
    const [anna, ben, carl] = [
      await archive.meet("anna"),
      await archive.meet("ben"),
      await archive.meet("carl"),
    ];
    await using backup = await archive.backUp();
    await operator.revoke("anna");
    await operator.ignore("ben");
    await operator.revoke("carl");
    await operator.approve(carl.pin);
    for (const name of ["anna", "ben", "carl"]) await operator.forget(name);
    await archive.restore(backup);
    assert.deepEqual(
      [anna, ben, carl].map((one) => archive.standing(one)[0]),
      ["revoked", "ignored", "trusted"],
    );
  });

  it("has who came since wait, and their names be free for those who had them", async () => {
    await using archive = new Archive();
    const { operator, store } = archive;
    const anna = await archive.meet("anna");
    await using backup = await archive.backUp();
    await operator.forget("anna");
    const thief = await archive.meet("anna");
    const eve = await archive.meet("eve");
    await operator.addToGroup("dba", "eve");
    await archive.restore(backup);
    assert.deepEqual(archive.standing(anna), ["trusted", "anna"]);
    assert.deepEqual(archive.standing(thief), ["pending", null]);
    assert.equal(store.key(thief.pin)?.conflictsWith, anna.pin);
    assert.deepEqual(archive.standing(eve), ["pending", null]);
    assert.equal(store.key(eve.pin)?.expires, null);
    assert.deepEqual((await store.listGroups()).items, []);
  });

  it("keeps a key that took the place of one that the backup trusts by its endorsement, under the name that that had", async () => {
    await using archive = new Archive();
    const { operator } = archive;
    const [first, second, third] = [await archive.meet("anna"), factsOf("anna"), factsOf("anna")];
    const [lost, found] = [await archive.meet("lena"), factsOf("lena")];
    await using backup = await archive.backUp();
    await archive.rotate(first, second);
    await archive.rotate(second, third);
    await operator.rename("anna", "hanna");
    await archive.rotate(lost, found);
    await operator.revoke(lost.pin);
    await archive.restore(backup);
    assert.deepEqual(archive.standing(third), ["trusted", "anna"]);
    assert.deepEqual(archive.standing(second), ["retired", "hanna"]);
    assert.deepEqual(archive.standing(first), ["retired", "anna"]);
    // What a stolen key endorsed is not believed.
    assert.deepEqual(archive.standing(found), ["pending", null]);
  });

  it("bars again whom the backup bars, and never less than now", async () => {
    await using archive = new Archive();
    const { operator } = archive;
    const [anna, ben, carl] = [
      await archive.meet("anna"),
      await archive.meet("ben"),
      await archive.meet("carl"),
    ];
    await operator.revoke("anna");
    await operator.revoke("ben");
    await operator.ignore("carl");
    await using backup = await archive.backUp();
    await operator.approve(anna.pin);
    await operator.forget("ben");
    await operator.revoke("carl");
    await archive.restore(backup);
    assert.deepEqual(
      [anna, ben, carl].map((one) => archive.standing(one)),
      [
        ["revoked", "anna"],
        ["revoked", "ben"],
        ["revoked", "carl"],
      ],
    );
  });

  it("makes join tokens, API tokens and windows worthless that the backup does not know, and brings none back", async () => {
    await using archive = new Archive();
    const { operator, store } = archive;
    await archive.meet("anna");
    await store.apply({ ...createTokenOf("old", { id: "11".repeat(16) }), at: AT });
    await store.apply({ ...createTokenOf("cancelled", { id: "22".repeat(16) }), at: AT });
    await operator.openFirstUse(3_600_000);
    await using backup = await archive.backUp();
    await operator.openFirstUse(0);
    await operator.openFirstUse(3_600_000);
    await operator.cancelToken("22".repeat(16));
    await store.apply({ ...createTokenOf("new", { id: "33".repeat(16) }), at: archive.at });
    const made = await operator.createApiToken({ name: "ci", scope: "admin", expires: archive.at + 9e6 });
    const { totals, closesWindow } = await archive.restore(backup);
    const cancelled = ["11", "22", "33"].map((byte) => store.token(byte.repeat(16))?.cancelledAt !== null);
    assert.deepEqual(cancelled, [false, true, true]);
    const { items } = await store.listApiTokens();
    assert.deepEqual([items[0]?.id === made.id, items[0]?.cancelledAt === null], [true, false]);
    assert.deepEqual([store.firstUseWindow(), closesWindow, totals.tokens], [null, true, 2]);
  });

  it("keeps what was endorsed void that came before a key was forgotten", async () => {
    await using archive = new Archive();
    const { operator, store } = archive;
    const anna = await archive.meet("anna");
    await using backup = await archive.backUp();
    await operator.forget("anna");
    const forgottenAt = archive.at;
    await archive.restore(backup);
    assert.equal(store.isForgotten(anna.pin), true);
    assert.ok((store.key(anna.pin)?.endorsesFrom ?? 0) > forgottenAt);
  });

  it("writes one event of it all, with who, from which head and what", async () => {
    await using archive = new Archive();
    const { operator, store } = archive;
    await archive.meet("anna");
    await using backup = await archive.backUp();
    await operator.forget("anna");
    const { after, before } = await archive.restore(backup);
    const { items } = await store.listEvents({ after: String(before.sequence) });
    const events = items.map(({ json }) => parseEvent(json));
    assert.deepEqual(
      events.map((event) => event?.type),
      ["put-back", "restored"],
    );
    const head = backup.store.head();
    assert.equal(events[1]?.actor.user, "olga");
    const { backupSequence, backupHash, trusted, kept } = events[1]?.details ?? {};
    assert.deepEqual(
      [backupSequence, backupHash, trusted, kept],
      [String(head.sequence), head.hash, "1", "0"],
    );
    assert.deepEqual(after, store.head());
  });

  it("changes nothing as a dry run, nor where nothing is to be done", async () => {
    await using archive = new Archive();
    const { operator, store } = archive;
    await archive.meet("anna");
    await using backup = await archive.backUp();
    const head = store.head();
    assert.deepEqual((await archive.restore(backup)).after, head);
    await operator.forget("anna");
    const later = store.head();
    const { totals, steps } = await operator.restore(backup.store, { dryRun: true });
    assert.deepEqual([totals.trusted, steps[0]?.name, steps[0]?.before], [1, "anna", null]);
    assert.deepEqual(store.head(), later);
  });

  it("is done in parts, however much there is", async () => {
    await using archive = new Archive();
    const { store } = archive;
    const all = Array.from({ length: 450 }, (_, index) => factsOf(`client-${index}`));
    await Promise.all(all.map((facts) => store.apply(claimOf(facts))));
    await using backup = await archive.backUp();
    await archive.operator.many(
      "forget",
      all.map(({ pin }) => pin),
    );
    const { totals } = await archive.restore(backup);
    assert.equal(totals.trusted, 450);
    assert.ok(all.every((facts) => archive.standing(facts)[0] === "trusted"));
  });

  it("refuses a backup that was edited, and one of another store unless it is said", async () => {
    await using archive = new Archive();
    await using other = new Archive();
    await archive.meet("anna");
    const ben = await other.meet("ben");
    await using foreign = await other.backUp();
    await assert.rejects(archive.operator.restore(foreign.store), { code: "ERR_HANDCLASP_AUDIT" });
    const edited = join(archive.folder, "edited.db");
    await archive.store.backup(edited);
    {
      using database = new DatabaseSync(edited);
      database.exec("UPDATE keys SET peer = 'eve', name_key = 'eve'");
    }
    await using backup = openBackup(edited);
    await assert.rejects(archive.operator.restore(backup.store), /the backup is not what was written/);
    await archive.operator.restore(foreign.store, { dangerouslyFromAnotherChain: true });
    assert.deepEqual(archive.standing(ben), ["trusted", "ben"]);
    assert.equal(archive.store.audit().rows?.count, 0);
  });

  it("takes what comes after the end of the store on the backup's word alone, if that is said", async () => {
    await using archive = new Archive();
    const anna = await archive.meet("anna");
    await using fork = await archive.fork();
    const mallory = await fork.meet("mallory");
    await using backup = await fork.backUp();
    const head = archive.store.head();
    await assert.rejects(archive.operator.restore(backup.store), {
      code: "ERR_HANDCLASP_AUDIT",
      message: /^the backup has 1 event more than this store \(2\), /,
    });
    const dry = await archive.operator.restore(backup.store, { dryRun: true });
    assert.deepEqual([dry.chain, dry.totals.trusted], ["ahead", 1]);
    assert.deepEqual([archive.standing(mallory)[0], archive.store.head()], [null, head]);
    await archive.restore(backup, { dangerouslyFromAnotherChain: true });
    assert.deepEqual(
      [anna, mallory].map((one) => archive.standing(one)[0]),
      ["trusted", "trusted"],
    );
    const { items } = await archive.store.listEvents({ type: "restored" });
    const { aheadOf, otherChain } = parseEvent(items[0]?.json ?? "")?.details ?? {};
    assert.deepEqual([aheadOf, otherChain], ["1", undefined]);
  });

  it("says as a dry run what a backup of another store would do", async () => {
    await using archive = new Archive();
    await using other = new Archive();
    await archive.meet("anna");
    await other.meet("ben");
    await using foreign = await other.backUp();
    const { chain, totals } = await archive.operator.restore(foreign.store, { dryRun: true });
    assert.deepEqual([chain, totals.trusted, totals.waiting], ["other", 1, 1]);
  });
});
