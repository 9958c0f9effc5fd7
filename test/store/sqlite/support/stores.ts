import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";
import { PATIENCE_MS } from "../../../support/patience.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

/** Where a store may be made. */
export function newPath(): string {
  return join(temporaryFolder(), "trust.db");
}

/** A store with one trusted key, closed again. */
export async function storeWithAnna(path: string, more = 0): Promise<ReturnType<typeof factsOf>> {
  const anna = factsOf("anna");
  await using store = openSqliteStore(path);
  await store.apply(claimOf(anna));
  const others = Array.from({ length: more }, (_, index) => factsOf(`peer-${index}`));
  await Promise.all(others.map((facts) => store.apply(claimOf(facts))));
  return anna;
}

/** Waits until a condition holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `it never came to ${holds.toString()}`);
    await sleep(5);
  }
}
