import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { factsOf } from "../../support/certificates.ts";
import { newPath } from "./support/stores.ts";

describe("revoking a peer by name", () => {
  it("leaves no key of it trusted, though another process rotates the key in the same moment", async () => {
    const path = newPath();
    await using store = openSqliteStore(path);
    const names = Array.from({ length: 20 }, (_, index) => `peer-${index}`);
    await Promise.all(names.map((name) => store.apply(claimOf(factsOf(name)))));
    const script = join(import.meta.dirname, "support", "race-revoke.ts");
    const children = ["rotate", "revoke"].map((what) => {
      const child = spawn(process.execPath, [script, path, what], { stdio: ["pipe", "pipe", "inherit"] });
      child.stdout.setEncoding("utf8");
      return child;
    });
    await Promise.all(children.map((child) => once(child.stdout, "data")));
    for (const child of children) child.stdin.end("go\n");
    const said = await Promise.all(
      children.map(async (child) => String((await once(child.stdout, "data"))[0])),
    );
    assert.deepEqual(said, ["done\n", "done\n"]);
    const trusted = names
      .flatMap((name) => store.keysOfName(name))
      .filter(({ state }) => state === "trusted");
    assert.deepEqual(trusted, []);
    assert.equal(store.check().chain.broken, null);
  });
});
