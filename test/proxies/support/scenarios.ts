import type { Scenario } from "./scenario.ts";
import { SCENARIOS_OF_ATTACKS } from "./scenarios-of-attacks.ts";
import { SCENARIOS_OF_CARRYING } from "./scenarios-of-carrying.ts";
import { SCENARIOS_OF_JOINING } from "./scenarios-of-joining.ts";
import { SCENARIOS_OF_TRUST } from "./scenarios-of-trust.ts";

/** What every proxy is put through. */
export const SCENARIOS: readonly Scenario[] = [
  ...SCENARIOS_OF_TRUST,
  ...SCENARIOS_OF_JOINING,
  ...SCENARIOS_OF_ATTACKS,
  ...SCENARIOS_OF_CARRYING,
];
