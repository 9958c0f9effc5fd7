import assert from "node:assert/strict";

/** Asks again until it is so, for at most a minute: Caddy takes 6 seconds to start where nothing else runs. */
export async function until(isSo: () => Promise<boolean | undefined>, what: string): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    assert.ok(tries < 600, `it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
