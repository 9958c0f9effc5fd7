import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ServerIdentity } from "../../../src/cli/identities/server-identity.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { identity, inFiles, type TestIdentity } from "../../guard/support/identities.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

function toFiles(folder: string, made: TestIdentity): { readonly cert: string; readonly key: string } {
  const { certFile: cert, keyFile: key } = inFiles(folder, made);
  return { cert, key };
}

describe("a server's identity", () => {
  it("is made beside its store on first start, and is the same one for the next process", async () => {
    const folder = temporaryFolder();
    const store = StoreUrl.parse(join(folder, "trust.db"));
    const [first, second] = [new ServerIdentity(store), new ServerIdentity(store)];
    const made = await first.of();
    assert.deepEqual(first.filesOf(), [join(folder, "trust.db.server.pem")]);
    assert.match(readFileSync(first.filesOf()[0] ?? "", "utf8"), /BEGIN CERTIFICATE/);
    assert.equal((await second.of()).facts.pin, made.facts.pin);
  });

  it("is one for the process beside a store in memory, however often it is read", async () => {
    const server = new ServerIdentity(StoreUrl.memory);
    const made = await server.of();
    server.reread();
    assert.equal((await server.of()).facts.pin, made.facts.pin);
    assert.deepEqual(server.filesOf(), []);
    assert.equal(await server.hasChanged(), false);
  });

  it("stays what was read of files until they are read anew, and says that they hold something else", async () => {
    const folder = temporaryFolder();
    const [ada, bob] = [await identity("ada"), await identity("bob")];
    const files = toFiles(folder, ada);
    const server = new ServerIdentity(StoreUrl.memory);
    const shown = await server.of(files);
    assert.equal(await server.hasChanged(), false);
    writeFileSync(files.cert, bob.cert);
    writeFileSync(files.key, bob.key);
    assert.equal((await server.of(files)).facts.pin, shown.facts.pin);
    assert.equal(await server.hasChanged(), true);
    server.reread();
    assert.notEqual((await server.of(files)).facts.pin, shown.facts.pin);
  });

  it("fails for files that do not belong together, and is there once they do", async () => {
    const folder = temporaryFolder();
    const [ada, bob] = [await identity("ada"), await identity("bob")];
    const files = toFiles(folder, ada);
    writeFileSync(files.key, bob.key);
    const server = new ServerIdentity(StoreUrl.memory);
    await assert.rejects(server.of(files), (error) => isHandclaspError(error, "ERR_HANDCLASP_IDENTITY"));
    writeFileSync(files.key, ada.key);
    server.reread();
    assert.equal((await server.of(files)).key, ada.key);
  });
});
