import { describe, it } from "node:test";
import { runRounds } from "./rounds/rounds.ts";

// The long form is `npm run test:cluster -- --rounds 200`.
/** Its first ten are among those that nothing else tries. */
const SEED = "1190166";

describe("a cluster of processes", () => {
  it("holds what it promises through ten rounds of faults", async (t) => {
    await runRounds({ seed: SEED, rounds: 10, missed: 600, say: (line) => t.diagnostic(line) });
  });
});
