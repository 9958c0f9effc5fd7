// The long forms of what `npm test` tries for some seconds.
//
//     npm run test:cluster -- --simulate --seed 7 --changes 100000
//     npm run test:cluster -- --rounds 200 --seed 7 --only pooler
//     npm run test:cluster -- --gateways
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { runGateways } from "./gateways/three-gateways.ts";
import { runRounds } from "./rounds/rounds.ts";
import { simulate } from "./simulation/simulation.ts";

const { values } = parseArgs({
  options: {
    simulate: { type: "boolean", default: false },
    gateways: { type: "boolean", default: false },
    seed: { type: "string", default: String(randomInt(1_000_000)) },
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "200" },
    changes: { type: "string", default: "100000" },
    missed: { type: "string", default: "10000" },
  },
});

const { seed } = values;
if (values.simulate) {
  console.log(`simulating ${values.changes} changes on 5 nodes, seed ${seed}`);
  const { faults, ...report } = await simulate({
    seed,
    changes: Number(values.changes),
    say: console.log,
  });
  console.log(`${Math.round(performance.now() / 1000)} s`, { ...report, faults: Object.fromEntries(faults) });
} else if (values.gateways) {
  await runGateways({ clients: 2000, names: 200, tokens: 100, strangers: 1000, say: console.log });
} else {
  console.log(`${values.rounds} rounds of faults, seed ${seed}`);
  const { only, rounds, missed } = values;
  await runRounds({ seed, rounds: Number(rounds), missed: Number(missed), only, say: console.log });
}
