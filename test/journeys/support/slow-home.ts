import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { Home } from "../../cli/support/serve.ts";

const SLOW_CLOCK = pathToFileURL(join(import.meta.dirname, "../../support/slow-clock.ts")).href;

/** An environment in which time passes so many times slower to processes: what limits take back each second comes as late. */
export function slowed(inherited: NodeJS.ProcessEnv, times: number): NodeJS.ProcessEnv {
  const options = [inherited["NODE_OPTIONS"], `--import=${SLOW_CLOCK}`];
  return {
    ...inherited,
    NODE_OPTIONS: options.filter((option) => option !== undefined).join(" "),
    SLOWER_TIMES: String(times),
  };
}

/** A data folder whose processes have next to no time pass: what limits take back each second, they take back never. */
export class SlowHome extends Home {
  override get environment(): NodeJS.ProcessEnv {
    return slowed(super.environment, 1000);
  }
}
