// Loaded before all tests: a file that left something running behind it would otherwise never end, and say nothing.
const LIMIT_MS = 20 * 60_000;

if (process.env["NODE_TEST_CONTEXT"] !== undefined)
  setTimeout(() => {
    const left = process.getActiveResourcesInfo().join(", ");
    process.stderr.write(`${process.argv[1]} is still there after ${LIMIT_MS / 60_000} minutes: ${left}\n`);
    process.exit(1);
  }, LIMIT_MS).unref();
