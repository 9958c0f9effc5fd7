import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readSecrets } from "../../../src/cli/authorizer/secrets.ts";
import { identity } from "../../guard/support/identities.ts";
import { successorOf } from "../../support/successor.ts";
import { freshFolder } from "./support/fresh-folder.ts";

const NEITHER = { secretFile: undefined, serverCert: undefined };

describe("readSecrets", () => {
  it("has nothing where nothing was given", () => {
    assert.deepEqual(readSecrets(NEITHER), { secret: undefined, ownPins: [] });
  });

  it("takes the first line of the secret's file, and none that could be guessed or sent in no field", () => {
    using folder = freshFolder();
    const secretFile = join(folder.path, "secret");
    writeFileSync(secretFile, "0123456789abcdef\nmore\n", { mode: 0o600 });
    assert.equal(readSecrets({ ...NEITHER, secretFile }).secret, "0123456789abcdef");
    for (const bad of ["", "\n0123456789abcdef", "short", "with a space in it", "umläute sind keine ASCII"]) {
      writeFileSync(secretFile, bad);
      assert.throws(() => readSecrets({ ...NEITHER, secretFile }), { code: "ERR_HANDCLASP_CONFIG" }, bad);
    }
    assert.throws(() => readSecrets({ ...NEITHER, secretFile: `${secretFile}x` }), /ENOENT/);
  });

  it("has the key of the proxy's own certificate, and those that it replaced", async () => {
    using folder = freshFolder();
    const serverCert = join(folder.path, "s.pem");
    const [own, ca] = [await identity("proxy"), await identity("ca")];
    writeFileSync(serverCert, own.cert + ca.cert);
    assert.deepEqual(readSecrets({ ...NEITHER, serverCert }).ownPins, [own.facts.pin]);
    const next = await successorOf(own);
    writeFileSync(serverCert, next.cert);
    assert.deepEqual(readSecrets({ ...NEITHER, serverCert }).ownPins, [next.facts.pin, own.facts.pin]);
    writeFileSync(serverCert, "no certificate");
    assert.throws(() => readSecrets({ ...NEITHER, serverCert }), { code: "ERR_HANDCLASP_CONFIG" });
  });
});
