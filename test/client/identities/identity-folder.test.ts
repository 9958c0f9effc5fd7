import assert from "node:assert/strict";
import {
  lstatSync,
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
import { join } from "node:path";
import { describe, it } from "node:test";
import type { IdentityPem } from "../../../src/client/identities/identity.ts";
import {
  ensureIdentity,
  listIdentities,
  openIdentity,
  saveIdentity,
} from "../../../src/client/identities/identity-folder.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { createIdentity } from "../../../src/x509/create-identity.ts";

async function make(name = "ada"): Promise<IdentityPem> {
  const { privateKeyPem, certificatePem } = await createIdentity({ name, now: new Date() });
  return { key: privateKeyPem, certificate: certificatePem };
}

function inFolder(run: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const parent = mkdtempSync(join(tmpdir(), "handclasp-test-"));
    try {
      await run(join(parent, "identities"));
    } finally {
      rmSync(parent, { recursive: true });
    }
  };
}

const isIdentityError = (error: unknown): boolean => isHandclaspError(error, "ERR_HANDCLASP_IDENTITY");

describe("identity folder", () => {
  it(
    "reads back what was saved",
    inFolder(async (folder) => {
      const saved = saveIdentity(folder, "ada", await make());
      const opened = openIdentity(folder, "ada");
      assert.equal(opened?.facts.pin, saved.facts.pin);
      assert.deepEqual(listIdentities(folder), ["ada"]);
    }),
  );

  it(
    "lets nobody else read the folder or the files",
    inFolder(async (folder) => {
      const { file } = saveIdentity(folder, "ada", await make());
      assert.equal(statSync(folder).mode & 0o777, 0o700);
      assert.equal(statSync(file).mode & 0o777, 0o600);
    }),
  );

  it(
    "has nothing where nothing was saved",
    inFolder(async (folder) => {
      assert.equal(openIdentity(folder, "ada"), undefined);
      assert.deepEqual(listIdentities(folder), []);
    }),
  );

  it(
    "replaces an identity only when it is told to",
    inFolder(async (folder) => {
      const first = saveIdentity(folder, "ada", await make());
      const second = await make();
      assert.throws(() => saveIdentity(folder, "ada", second), isIdentityError);
      assert.equal(openIdentity(folder, "ada")?.facts.pin, first.facts.pin);
      const replaced = saveIdentity(folder, "ada", second, { replace: true });
      assert.equal(openIdentity(folder, "ada")?.facts.pin, replaced.facts.pin);
    }),
  );

  it(
    "replaces it where a link leads, so that no copy of the old key stays there",
    inFolder(async (folder) => {
      const elsewhere = join(folder, "elsewhere");
      mkdirSync(elsewhere, { recursive: true });
      saveIdentity(elsewhere, "ada", await make());
      symlinkSync(join(elsewhere, "ada.pem"), join(folder, "ada.pem"));
      const second = saveIdentity(folder, "ada", await make(), { replace: true });
      assert.equal(openIdentity(elsewhere, "ada")?.facts.pin, second.facts.pin);
      assert.ok(lstatSync(join(folder, "ada.pem")).isSymbolicLink());
    }),
  );

  it(
    "gives one identity to all who make it at once, and leaves no other file",
    inFolder(async (folder) => {
      const all = await Promise.all(Array.from({ length: 8 }, () => ensureIdentity(folder, "default", make)));
      assert.equal(new Set(all.map(({ facts }) => facts.pin)).size, 1);
      assert.equal(all.filter(({ isNew }) => isNew).length, 1);
      assert.deepEqual(readdirSync(folder), ["default.pem"]);
    }),
  );

  it(
    "never replaces what it cannot read",
    inFolder(async (folder) => {
      const { file } = saveIdentity(folder, "ada", await make());
      for (const damaged of ["", "nonsense", readFileSync(file, "utf8").slice(0, 200)]) {
        writeFileSync(file, damaged);
        assert.throws(() => openIdentity(folder, "ada"), isIdentityError);
        await assert.rejects(ensureIdentity(folder, "ada", make), isIdentityError);
        assert.equal(readFileSync(file, "utf8"), damaged);
      }
    }),
  );

  it(
    "takes no key that does not belong to the certificate",
    inFolder(async (folder) => {
      const [one, other] = await Promise.all([make(), make()]);
      const mixed = { key: one.key, certificate: other.certificate };
      assert.throws(() => saveIdentity(folder, "ada", mixed), isIdentityError);
      const { file } = saveIdentity(folder, "ada", one);
      writeFileSync(file, `${mixed.key}${mixed.certificate}`);
      assert.throws(
        () => openIdentity(folder, "ada"),
        (error) => isIdentityError(error) && /does not belong/.test(String(error)),
      );
    }),
  );

  for (const name of [
    "",
    ".",
    "..",
    "../ada",
    "a/b",
    "a\\b",
    ".ada",
    "a\n",
    "a\u0000b",
    "-rf",
    "a..b",
    "x".repeat(41),
  ]) {
    it(
      `takes no name like ${JSON.stringify(name)}`,
      inFolder(async (folder) => {
        assert.throws(() => openIdentity(folder, name), isIdentityError);
        await assert.rejects(ensureIdentity(folder, name, make), isIdentityError);
      }),
    );
  }
});
