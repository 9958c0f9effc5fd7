/** How often chance may leave something out. */
const MOST = 20;

/**
 * Runs a property until what it has to come upon has happened: what chance brings about rarely is not left out for bad luck,
 * and what cannot happen is found missing.
 */
export async function untilAllHappened(
  missing: () => readonly string[],
  run: () => Promise<void>,
): Promise<void> {
  for (let runs = 0; runs < MOST; runs++) {
    await run();
    if (missing().length === 0) return;
  }
  throw new Error(`never happened: ${missing().join(", ")}`);
}
