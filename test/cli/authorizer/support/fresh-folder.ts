import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An empty folder with a path short enough for sockets, until it is disposed. */
export function freshFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "hc-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
