import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID, X509Certificate } from "node:crypto";
import {
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { SavedIdentity } from "../../../src/client/identities/identity-folder.ts";
import { openIdentity, saveIdentity } from "../../../src/client/identities/identity-folder.ts";
import { withIdentityLock } from "../../../src/client/identities/identity-lock.ts";
import { renewIdentity, rotateIdentity } from "../../../src/client/identities/reissue-identity.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { describeCertificate, toPem } from "../../../src/x509/certificate-description.ts";
import type { IdentityType } from "../../../src/x509/identity-type.ts";
import { createIdentity } from "../../../src/x509/create-identity.ts";
import { readEndorsement } from "../../../src/x509/endorsement.ts";
import { signJoinProof } from "../../../src/x509/join-proof.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const now = Date.now;

async function saved(
  folder: string,
  { type = "p256", passphrase }: { type?: IdentityType; passphrase?: string } = {},
): Promise<SavedIdentity> {
  const made = await createIdentity({ name: "https://ada.example", type, now: new Date() });
  const pem = { key: made.privateKeyPem, certificate: made.certificatePem };
  return saveIdentity(folder, "ada", pem, passphrase === undefined ? {} : { passphrase });
}

const openssl = (args: readonly string[]): string =>
  execFileSync("openssl", args, { encoding: "utf8", stdio: "pipe" });

function rejectsWith(code: string, passphrase?: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isHandclaspError(error), String(error));
    assert.equal(error.code, code);
    assert.equal(error.details["passphrase"], passphrase);
    return true;
  };
}

describe("rotateIdentity", () => {
  it("puts a key in place that the old one endorses, with the same names", async () => {
    const folder = temporaryFolder();
    const old = await saved(folder);
    const rotated = await rotateIdentity(folder, "ada", { now });
    assert.notEqual(rotated.facts.pin, old.facts.pin);
    assert.equal(rotated.replaced, old.facts.pin);
    const opened = openIdentity(folder, "ada");
    assert.equal(opened?.facts.pin, rotated.facts.pin);
    assert.equal(opened.facts.keyType, "p256");
    assert.equal(opened.facts.claimedName, "https://ada.example");
    assert.equal(describeCertificate(opened.facts.der).subject, describeCertificate(old.facts.der).subject);
    const [link, ...others] = readEndorsement(opened.facts);
    assert.equal(link?.oldPin, old.facts.pin);
    assert.equal(link.verify(), true);
    assert.deepEqual(others, []);
    assert.doesNotMatch(readFileSync(rotated.file, "utf8"), new RegExp(old.key.slice(40, 80)));
  });

  it("carries the chain on, and drops the oldest of more than four links", async () => {
    const folder = temporaryFolder();
    const pins = [(await saved(folder)).facts.pin];
    for (let index = 0; index < 6; index++) {
      const { facts } = await rotateIdentity(folder, "ada", { now });
      const links = readEndorsement(facts);
      assert.deepEqual(
        links.map(({ oldPin }) => oldPin),
        pins.toReversed().slice(0, 4),
      );
      assert.ok(links.every((link) => link.verify()));
      pins.push(facts.pin);
    }
  });

  it("keeps the kind of key unless it is told another, ML-DSA both ways", async () => {
    const folder = temporaryFolder();
    await saved(folder, { type: "ml-dsa-44" });
    const types: string[] = [];
    for (const type of [undefined, "p256", "ml-dsa-65", "ml-dsa-87", undefined, "rsa", "ed25519"] as const) {
      const rotated = await rotateIdentity(folder, "ada", { now, ...(type && { type }) });
      assert.ok(readEndorsement(rotated.facts).every((link) => link.verify()));
      types.push(rotated.facts.keyType);
    }
    assert.deepEqual(types, ["ml-dsa-44", "p256", "ml-dsa-65", "ml-dsa-87", "ml-dsa-87", "rsa", "ed25519"]);
  });

  it("keeps kinds of key that were made elsewhere", async () => {
    for (const [type, args] of [
      ["p384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]],
      ["rsa-pss", ["rsa-pss"]],
      ["ed448", ["ed448"]],
    ] as const) {
      const folder = temporaryFolder();
      const pem = openssl([
        ..."req -x509 -nodes -days 9 -subj /CN=ada -keyout - -newkey".split(" "),
        ...args,
      ]);
      saveIdentity(folder, "ada", { key: pem.split("-----BEGIN CERT")[0] ?? "", certificate: pem });
      const { facts } = await rotateIdentity(folder, "ada", { now });
      assert.equal(facts.keyType, type);
      assert.equal(readEndorsement(facts)[0]?.verify(), true);
    }
  });

  it("leaves the join proof behind, which is good for the old key only", async () => {
    const folder = temporaryFolder();
    const made = await createIdentity({
      name: "ada",
      now: new Date(),
      joinProof: (spki) =>
        signJoinProof({
          tokenId: new Uint8Array(16),
          seed: new Uint8Array(32),
          serverPin: `sha256:${Buffer.alloc(32).toString("base64")}`,
          spki,
        }),
    });
    saveIdentity(folder, "ada", { key: made.privateKeyPem, certificate: made.certificatePem });
    assert.equal((await rotateIdentity(folder, "ada", { now })).facts.joinProof, undefined);
  });

  it("leaves one file with the key, which nobody else may read, and an empty one for the lock", async () => {
    const folder = temporaryFolder();
    const { file } = await saved(folder);
    await rotateIdentity(folder, "ada", { now });
    assert.deepEqual(readdirSync(folder).toSorted(), ["ada.pem", "ada.pem.lock"]);
    for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
    assert.equal(statSync(`${file}.lock`).size, 0);
  });

  it("removes what somebody who was interrupted left, whatever its mode", async () => {
    const folder = temporaryFolder();
    const { file } = await saved(folder);
    writeFileSync(`${file}.next`, "half a key", { mode: 0o644 });
    // Between its two names, `createIdentityFile` was killed.
    linkSync(file, `${file}.${randomUUID()}`);
    await rotateIdentity(folder, "ada", { now });
    assert.deepEqual(readdirSync(folder).toSorted(), ["ada.pem", "ada.pem.lock"]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("makes files private whatever the umask and the mode of what was there", async () => {
    const folder = temporaryFolder();
    const { file } = await saved(folder);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text, { mode: 0o644 });
    const umask = process.umask(0);
    try {
      await rotateIdentity(folder, "ada", { now });
    } finally {
      process.umask(umask);
    }
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("lets one of several at once through, and tells the others", async () => {
    const folder = temporaryFolder();
    const old = await saved(folder);
    const all = await Promise.allSettled(
      Array.from({ length: 5 }, () => rotateIdentity(folder, "ada", { now })),
    );
    const [done, ...more] = all.filter((one) => one.status === "fulfilled");
    assert.deepEqual(more, []);
    assert.equal(openIdentity(folder, "ada")?.facts.pin, done?.value.facts.pin);
    assert.equal(done?.value.replaced, old.facts.pin);
    for (const one of all) {
      if (one.status === "rejected") assert.match(String(one.reason), /another process is changing/);
    }
    await rotateIdentity(folder, "ada", { now });
  });

  it("takes the key away from where a link leads, and is one with the lock there", async () => {
    const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
    const { file, facts } = await saved(elsewhere);
    symlinkSync(file, join(folder, "linked.pem"));
    const { replaced } = await rotateIdentity(folder, "linked", { now });
    assert.equal(replaced, facts.pin);
    assert.ok(lstatSync(join(folder, "linked.pem")).isSymbolicLink());
    assert.equal(openIdentity(elsewhere, "ada")?.facts.pin, openIdentity(folder, "linked")?.facts.pin);
    assert.notEqual(openIdentity(elsewhere, "ada")?.facts.pin, facts.pin);
    await withIdentityLock(file, async () => {
      await assert.rejects(rotateIdentity(folder, "linked", { now }), /another process is changing/);
    });
  });

  it("gives the lock back when it fails", async () => {
    const folder = temporaryFolder();
    const { file } = await saved(folder);
    await assert.rejects(
      withIdentityLock(file, () => Promise.reject(new Error("no"))),
      /no/,
    );
    await assert.rejects(
      rotateIdentity(folder, "ada", { now, days: -1 }),
      rejectsWith("ERR_HANDCLASP_OPTION"),
    );
    await rotateIdentity(folder, "ada", { now });
  });

  it("makes nothing where there is no identity", async () => {
    const folder = temporaryFolder();
    await assert.rejects(rotateIdentity(folder, "ada", { now }), rejectsWith("ERR_HANDCLASP_IDENTITY"));
    await assert.rejects(
      renewIdentity(join(folder, "x"), "ada", { now }),
      rejectsWith("ERR_HANDCLASP_IDENTITY"),
    );
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe("renewIdentity", () => {
  it("makes a new certificate over the same key, with the same names and the same chain", async () => {
    const folder = temporaryFolder();
    await saved(folder);
    const old = await rotateIdentity(folder, "ada", { now });
    const at = now();
    const renewed = await renewIdentity(folder, "ada", { now: () => at, days: 30 });
    assert.equal(renewed.facts.pin, old.facts.pin);
    assert.equal(renewed.key, old.key);
    assert.notEqual(renewed.facts.fingerprint, old.facts.fingerprint);
    assert.equal(renewed.facts.claimedName, old.facts.claimedName);
    assert.deepEqual(renewed.facts.endorsement, old.facts.endorsement);
    assert.equal(renewed.facts.notAfter, Math.floor(at / 1000) * 1000 + 30 * 24 * 3600 * 1000);
    assert.equal(openIdentity(folder, "ada")?.facts.fingerprint, renewed.facts.fingerprint);
  });

  it("leaves out what older keys said when it is told to, for clients that cannot read it", async () => {
    const folder = temporaryFolder();
    await saved(folder);
    const { facts } = await rotateIdentity(folder, "ada", { now });
    const renewed = await renewIdentity(folder, "ada", { now, endorsements: "drop" });
    assert.deepEqual([renewed.facts.pin, renewed.facts.endorsement], [facts.pin, undefined]);
  });

  it("leaves a certificate alone that somebody else signed", async () => {
    const folder = temporaryFolder();
    const issued = execFileSync("sh", [
      "-c",
      `cd ${folder} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -keyout ca.key -out ca.crt 2>/dev/null &&
       openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ada -keyout ada.key -out ada.csr 2>/dev/null &&
       openssl x509 -req -in ada.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 9 2>/dev/null`,
    ]).toString();
    const identities = join(folder, "identities");
    saveIdentity(identities, "ada", {
      key: readFileSync(join(folder, "ada.key"), "utf8"),
      certificate: issued,
    });
    await assert.rejects(renewIdentity(identities, "ada", { now }), rejectsWith("ERR_HANDCLASP_IDENTITY"));
    const { facts } = await rotateIdentity(identities, "ada", { now });
    const { issuer, subject } = new X509Certificate(toPem(facts.der));
    assert.equal(issuer, subject);
  });
});

describe("an encrypted identity", () => {
  const passphrase = "correct horse";

  it("is opened, rotated and renewed with its passphrase only, and stays encrypted", async () => {
    const folder = temporaryFolder();
    const { file, key } = await saved(folder, { passphrase });
    assert.match(key, /BEGIN PRIVATE KEY/);
    const missing = rejectsWith("ERR_HANDCLASP_PASSPHRASE", "missing");
    const wrong = rejectsWith("ERR_HANDCLASP_PASSPHRASE", "wrong");
    assert.throws(() => openIdentity(folder, "ada"), missing);
    assert.throws(() => openIdentity(folder, "ada", { passphrase: "battery staple" }), wrong);
    for (const change of [rotateIdentity, renewIdentity]) {
      const before = readFileSync(file, "utf8");
      await assert.rejects(change(folder, "ada", { now }), missing);
      await assert.rejects(change(folder, "ada", { now, passphrase: "battery staple" }), wrong);
      assert.equal(readFileSync(file, "utf8"), before);
      const changed = await change(folder, "ada", { now, passphrase });
      assert.equal(openIdentity(folder, "ada", { passphrase })?.key, changed.key);
      assert.match(readFileSync(file, "utf8"), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
      assert.doesNotMatch(readFileSync(file, "utf8"), /BEGIN PRIVATE KEY/);
    }
  });

  it("is what OpenSSL can read, with 600,000 rounds of PBKDF2", async () => {
    for (const type of ["p256", "ed25519"] as const) {
      const folder = temporaryFolder();
      const { file, key } = await saved(folder, { type, passphrase });
      const plain = openssl(["pkey", "-in", file, "-passin", `pass:${passphrase}`]);
      assert.equal(plain.trim(), key.trim());
      const shown = openssl(["asn1parse", "-in", file]);
      assert.match(shown, /PBES2[^]*PBKDF2[^]*INTEGER +:0927C0[^]*hmacWithSHA256[^]*aes-256-cbc/);
    }
  });

  it("may come from OpenSSL, by scrypt or in its older form", async () => {
    const folder = temporaryFolder();
    const made = await createIdentity({ name: "ada", now: new Date() });
    const plain = join(folder, "plain.pem");
    writeFileSync(plain, made.privateKeyPem);
    const pass = ["-passout", `pass:${passphrase}`];
    const forms = {
      scrypt: ["pkcs8", "-topk8", "-scrypt", "-in", plain, ...pass],
      pbkdf2: ["pkcs8", "-topk8", "-v2", "aes-128-cbc", "-in", plain, ...pass],
      older: ["ec", "-aes256", "-in", plain, ...pass],
    };
    for (const [name, args] of Object.entries(forms)) {
      const key = openssl(args);
      const pem = { key, certificate: made.certificatePem };
      assert.throws(
        () => saveIdentity(folder, name, pem),
        rejectsWith("ERR_HANDCLASP_PASSPHRASE", "missing"),
      );
      assert.throws(
        () => saveIdentity(folder, name, pem, { passphrase: "no" }),
        rejectsWith("ERR_HANDCLASP_PASSPHRASE", "wrong"),
      );
      saveIdentity(folder, name, pem, { passphrase });
      assert.equal(openIdentity(folder, name, { passphrase })?.facts.pin, made.facts.pin);
    }
  });
});
