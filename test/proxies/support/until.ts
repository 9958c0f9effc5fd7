import assert from "node:assert/strict";

/** Asks again until it is so, for at most 10 seconds. */
export async function until(isSo: () => Promise<boolean | undefined>, what: string): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    assert.ok(tries < 100, `it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
