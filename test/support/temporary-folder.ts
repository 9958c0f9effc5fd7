import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A new empty folder, removed when the surrounding suite or test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "handclasp-test-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
