import assert from "node:assert/strict";
import { existsSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { knownServersUrl } from "../../../src/cli/client/known-servers.ts";
import { ServerIdentity, serverIdentityFile } from "../../../src/cli/identities/server-identity.ts";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** A store in one folder, and a link to it in another, under another name. */
async function linkedStore(): Promise<{ path: string; link: string }> {
  const path = join(temporaryFolder(), "trust.db");
  const link = join(temporaryFolder(), "link.db");
  symlinkSync(path, link);
  await openSqliteStore(link).close();
  return { path, link };
}

describe("what lies beside a store that is named by a link", () => {
  it("is the same server's key, whichever name the store is opened by", async () => {
    const { path, link } = await linkedStore();
    await using byLink = openSqliteStore(link);
    await using byPath = openSqliteStore(path);
    const made = await new ServerIdentity(StoreUrl.parse(byLink.url)).of();
    assert.equal((await new ServerIdentity(StoreUrl.parse(byPath.url)).of()).key, made.key);
    assert.ok(existsSync(`${path}.server.pem`));
    assert.equal(serverIdentityFile(StoreUrl.parse(`sqlite:${link}`)), `${path}.server.pem`);
  });

  it("is the same list of known servers", async () => {
    const { path, link } = await linkedStore();
    assert.equal(knownServersUrl(StoreUrl.parse(link)).file, join(path, "..", "known_servers.db"));
    assert.deepEqual(
      knownServersUrl(StoreUrl.parse(`sqlite:${link}`)),
      knownServersUrl(StoreUrl.parse(path)),
    );
  });

  it("is an error where a key lies beside the link: nobody gets another one in silence", async () => {
    const { path, link } = await linkedStore();
    await using byPath = openSqliteStore(path);
    await new ServerIdentity(StoreUrl.parse(byPath.url)).of();
    renameSync(`${path}.server.pem`, `${link}.server.pem`);
    await using byLink = openSqliteStore(link);
    await assert.rejects(
      new ServerIdentity(StoreUrl.parse(byLink.url)).of(),
      (error: Error & { hint?: string }) => {
        assert.match(error.message, /link\.db\.server\.pem lies beside a link/);
        assert.equal(error.hint, `while nothing uses it: mv ${link}.server.pem ${path}.server.pem`);
        return true;
      },
    );
    assert.equal(existsSync(`${path}.server.pem`), false);
  });

  it("is found through a folder that is a link as well", async () => {
    const { path } = await linkedStore();
    const folder = join(temporaryFolder(), "data");
    symlinkSync(join(path, ".."), folder);
    assert.equal(serverIdentityFile(StoreUrl.parse(join(folder, "trust.db"))), `${path}.server.pem`);
    mkdirSync(join(path, "..", "deeper"));
    assert.equal(
      serverIdentityFile(StoreUrl.parse(join(folder, "deeper", "new.db"))),
      join(path, "..", "deeper", "new.db.server.pem"),
    );
  });
});
