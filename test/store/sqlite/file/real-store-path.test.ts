import assert from "node:assert/strict";
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { realStorePath } from "../../../../src/store/sqlite/file/real-store-path.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

function newFolder(): string {
  return realpathSync(temporaryFolder());
}

describe("where a store really is", () => {
  it("is where a relative link in a linked folder leads, though nothing is there yet", () => {
    const root = newFolder();
    for (const folder of ["here", "there/data", "there/links"]) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    symlinkSync(join(root, "there/links"), join(root, "here/link"));
    symlinkSync("../data/trust.db", join(root, "there/links/trust.db"));
    assert.equal(realStorePath(join(root, "here/link/trust.db")), join(root, "there/data/trust.db"));
    writeFileSync(join(root, "there/data/trust.db"), "");
    assert.equal(realStorePath(join(root, "here/link/trust.db")), join(root, "there/data/trust.db"));
  });

  it("is in the folder that a link leads to, though that is to be made yet", () => {
    const root = newFolder();
    symlinkSync(join(root, "later"), join(root, "link"));
    assert.equal(realStorePath(join(root, "link/trust.db")), join(root, "later/trust.db"));
    assert.equal(realStorePath(join(root, "link/new/trust.db")), join(root, "later/new/trust.db"));
  });

  it("is some place in a circle of links, which opening it then says", () => {
    const root = newFolder();
    symlinkSync(join(root, "one"), join(root, "two"));
    symlinkSync(join(root, "two"), join(root, "one"));
    assert.match(realStorePath(join(root, "one")), /\/(?:one|two)$/);
    assert.match(realStorePath(join(root, "one/trust.db")), /\/(?:one|two)\/trust\.db$/);
  });
});
