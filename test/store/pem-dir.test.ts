import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import { isHandclaspError } from "../../src/errors.ts";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { openStore } from "../../src/store/open-store.ts";
import { PemDir } from "../../src/store/pem-dir.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { Operator } from "../../src/operator/operator.ts";
import { toSeenCertificate } from "../../src/trust/judging/seen-certificate.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { certificatesFromPem } from "../../src/x509/certificate-description.ts";
import { type CertificateFacts, readCertificate } from "../../src/x509/certificate-facts.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { PATIENCE_MS } from "../support/patience.ts";

async function certificate(name = "ada"): Promise<CertificateFacts> {
  return (await createIdentity({ name, now: new Date() })).facts;
}

function operatorOf(store: TrustStore, now = Date.now): Operator {
  return new Operator(store, { user: null, process: "test", now });
}

function folderFor(test: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), "handclasp-test-"));
  test.after(() => rmSync(parent, { recursive: true }));
  return join(parent, "pem");
}

function fileOf({ pin }: CertificateFacts): string {
  return `${toKeyId(pin)}.pem`;
}

/** Waits until a folder has these files and no others. */
async function comesToHold(folder: string, ...keys: readonly CertificateFacts[]): Promise<void> {
  const files = keys.map(fileOf).toSorted();
  const end = performance.now() + PATIENCE_MS;
  while (readdirSync(folder).toSorted().join() !== files.join() && performance.now() < end)
    await setImmediate();
  assert.deepEqual(readdirSync(folder).toSorted(), files);
}

function fingerprintIn(folder: string, key: CertificateFacts): string | undefined {
  const [der] = certificatesFromPem(readFileSync(join(folder, fileOf(key)), "utf8"));
  return der && readCertificate(der).fingerprint;
}

const isPemDirError = (error: unknown): boolean => isHandclaspError(error, "ERR_HANDCLASP_PEM_DIR");

describe("PemDir", () => {
  it("has the certificate of each trusted key, named after the key id", async (test) => {
    const folder = folderFor(test);
    await using store = openMemoryStore();
    const [ada, ben] = await Promise.all([certificate("ada"), certificate("ben")]);
    await operatorOf(store).import(ada);
    await using _ = await PemDir.open(store, folder, { now: Date.now });
    await operatorOf(store).import(ben);
    await comesToHold(folder, ada, ben);
    assert.equal(fingerprintIn(folder, ada), ada.fingerprint);
  });

  it("makes a folder that nobody else can write to, whatever the umask", async (test) => {
    const folder = join(folderFor(test), "below");
    const former = process.umask(0);
    test.after(() => process.umask(former));
    await using store = openMemoryStore();
    await operatorOf(store).import(await certificate());
    await using _ = await PemDir.open(store, folder, { now: Date.now });
    for (const path of [folder, dirname(folder), ...readdirSync(folder).map((name) => join(folder, name))]) {
      assert.equal(statSync(path).mode & 0o022, 0, path);
    }
  });

  for (const verb of ["revoke", "ignore", "forget"] as const) {
    it(`removes the file on ${verb}`, async (test) => {
      const folder = folderFor(test);
      await using store = openMemoryStore();
      const ada = await certificate();
      await operatorOf(store).import(ada);
      await using _ = await PemDir.open(store, folder, { now: Date.now });
      assert.deepEqual(readdirSync(folder), [fileOf(ada)]);
      await operatorOf(store)[verb](ada.pin);
      await comesToHold(folder);
    });
  }

  it("removes the file of a key that is replaced", async (test) => {
    const folder = folderFor(test);
    await using store = openMemoryStore();
    const [old, renewed] = await Promise.all([certificate(), certificate()]);
    await operatorOf(store).import(old);
    await using _ = await PemDir.open(store, folder, { now: Date.now });
    await operatorOf(store).import(renewed, { onConflict: "replace" });
    await comesToHold(folder, renewed);
  });

  it("follows what another process does to the store", async (test) => {
    const folder = folderFor(test);
    const url = join(folder, "..", "trust.db");
    await using store = openStore(url);
    await using elsewhere = openStore(url);
    const ada = await certificate();
    await operatorOf(store).import(ada);
    await using _ = await PemDir.open(store, folder, { now: Date.now });
    await operatorOf(elsewhere).revoke(ada.pin);
    await comesToHold(folder);
  });

  it("misses nothing that happens while it is opened", async (test) => {
    const folder = folderFor(test);
    await using store = openMemoryStore();
    const [early, late] = await Promise.all(
      ["early", "late"].map(async (name) =>
        Promise.all(Array.from({ length: 12 }, async (_, number) => certificate(`${name}-${number}`))),
      ),
    );
    assert.ok(early && late);
    const operator = operatorOf(store);
    for (const facts of early) await operator.import(facts);
    const opening = PemDir.open(store, folder, { now: Date.now });
    for (const [number, facts] of late.entries()) {
      await operator.import(facts);
      await operator.revoke(early[number]?.pin ?? "");
      await setImmediate();
    }
    await using _ = await opening;
    await comesToHold(folder, ...late);
  });

  it("writes what was heard before it was closed, and nothing any more", async (test) => {
    const folder = folderFor(test);
    await using store = openMemoryStore();
    const pemDir = await PemDir.open(store, folder, { now: Date.now });
    const keys = await Promise.all(["ada", "ben", "cleo"].map(certificate));
    await Promise.all(keys.map(async (facts) => operatorOf(store).import(facts)));
    await pemDir[Symbol.asyncDispose]();
    const left = keys.map(fileOf).toSorted();
    assert.deepEqual(readdirSync(folder).toSorted(), left);
    await operatorOf(store).import(await certificate("dora"));
    await new Promise((resolve) => void setTimeout(resolve, 200));
    assert.deepEqual(readdirSync(folder).toSorted(), left);
  });

  it("says which file it cannot write, and goes on with the next", async (test) => {
    const folder = folderFor(test);
    await using store = openMemoryStore();
    const errors: unknown[] = [];
    await using _ = await PemDir.open(store, folder, {
      now: Date.now,
      onError: (error) => void errors.push(error),
    });
    const [ada, ben] = await Promise.all([certificate("ada"), certificate("ben")]);
    mkdirSync(join(folder, fileOf(ada)));
    await operatorOf(store).import(ada);
    await operatorOf(store).import(ben);
    await comesToHold(folder, ada, ben);
    assert.ok(statSync(join(folder, fileOf(ada))).isDirectory());
    assert.match(String(errors), /EISDIR|ENOTEMPTY|EEXIST/);
  });

  it("removes at the start what is trusted no longer, and what a crash left half-written", async (test) => {
    const folder = folderFor(test);
    await using store = openMemoryStore();
    const [ada, stranger] = await Promise.all([certificate("ada"), certificate("stranger")]);
    await operatorOf(store).import(ada);
    mkdirSync(folder);
    writeFileSync(join(folder, fileOf(stranger)), "old");
    writeFileSync(join(folder, `.${fileOf(ada)}.${crypto.randomUUID()}`), "half");
    await using _ = await PemDir.open(store, folder, { now: Date.now });
    assert.deepEqual(readdirSync(folder), [fileOf(ada)]);
  });

  it("holds the accepted certificate, not one that claims another name", async (test) => {
    const folder = folderFor(test);
    await using store = openMemoryStore();
    const [ada, other] = await Promise.all([certificate("ada"), certificate("admin")]);
    await operatorOf(store).import(ada);
    const actor = { user: null, process: "test", address: null, listener: null };
    const claimed = { ...toSeenCertificate(other), pin: ada.pin };
    await store.apply({ type: "note-name", at: Date.now(), actor, certificate: claimed });
    await using _ = await PemDir.open(store, folder, { now: Date.now });
    assert.equal(fingerprintIn(folder, ada), ada.fingerprint);
  });

  it("rewrites a renewed certificate", async (test) => {
    test.mock.timers.enable({ apis: ["setTimeout"] });
    const folder = folderFor(test);
    await using store = openMemoryStore();
    const [ada, renewal] = await Promise.all([certificate("ada"), certificate("ada")]);
    await operatorOf(store).import(ada);
    await using pemDir = await PemDir.open(store, folder, { now: Date.now });
    const actor = { user: null, process: "test", address: null, listener: null };
    const renewed = { ...toSeenCertificate(renewal), pin: ada.pin };
    await store.apply({ type: "renew", at: Date.now(), actor, certificate: renewed });
    pemDir.renewed(ada.pin);
    test.mock.timers.tick(2000);
    await pemDir[Symbol.asyncDispose]();
    assert.equal(fingerprintIn(folder, ada), renewal.fingerprint);
  });

  it("removes the file of an approval that has ended", async (test) => {
    test.mock.timers.enable({ apis: ["setInterval"] });
    const folder = folderFor(test);
    await using store = openMemoryStore();
    let now = 1_800_000_000_000;
    const ada = await certificate();
    await operatorOf(store, () => now).import(ada, { expires: now + 1000 });
    await using _ = await PemDir.open(store, folder, { now: () => now });
    assert.deepEqual(readdirSync(folder), [fileOf(ada)]);
    now += 2000;
    test.mock.timers.tick(60_000);
    await comesToHold(folder);
  });

  const foreign: readonly (readonly [string, (folder: string, mine: string) => void])[] = [
    ["a stranger's file", (folder) => writeFileSync(join(folder, "server.key"), "precious")],
    ["a PEM file with another name", (folder) => writeFileSync(join(folder, "ada.pem"), "precious")],
    ["a folder named like a key", (folder, mine) => mkdirSync(join(folder, mine))],
    ["a link named like a key", (folder, mine) => symlinkSync("/etc/passwd", join(folder, mine))],
  ];
  for (const [what, put] of foreign) {
    it(`touches nothing where there is ${what}`, async (test) => {
      const folder = folderFor(test);
      await using store = openMemoryStore();
      const [ada, stranger, third] = await Promise.all([
        certificate("ada"),
        certificate("stranger"),
        certificate("third"),
      ]);
      await operatorOf(store).import(ada);
      mkdirSync(folder);
      writeFileSync(join(folder, fileOf(stranger)), "old");
      put(folder, fileOf(third));
      const before = readdirSync(folder);
      await assert.rejects(PemDir.open(store, folder, { now: Date.now }), isPemDirError);
      assert.deepEqual(readdirSync(folder), before);
    });
  }

  it("says so when the folder cannot be made", async (test) => {
    const folder = folderFor(test);
    await using store = openMemoryStore();
    writeFileSync(folder, "a file");
    await assert.rejects(PemDir.open(store, folder, { now: Date.now }), isPemDirError);
  });
});
