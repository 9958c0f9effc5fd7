// The long forms of what `npm test` tries for some seconds.
//
//     npm run test:cluster -- --simulate --seed 7 --changes 100000
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { simulate } from "./simulation/simulation.ts";

const { values } = parseArgs({
  options: {
    simulate: { type: "boolean", default: false },
    seed: { type: "string", default: String(randomInt(1_000_000)) },
    changes: { type: "string", default: "100000" },
  },
});

const { seed } = values;
if (values.simulate) {
  console.log(`simulating ${values.changes} changes on 5 nodes, seed ${seed}`);
  const { faults, ...report } = await simulate({ seed, changes: Number(values.changes) });
  console.log({ ...report, faults: Object.fromEntries(faults) });
}
