import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { Home } from "../../cli/support/serve.ts";

const SLOW_CLOCK = pathToFileURL(join(import.meta.dirname, "../../support/slow-clock.ts")).href;

/** A data folder whose processes have next to no time pass: what limits take back each second, they take back never. */
export class SlowHome extends Home {
  override get environment(): NodeJS.ProcessEnv {
    const inherited = super.environment;
    const options = [inherited["NODE_OPTIONS"], `--import=${SLOW_CLOCK}`];
    return { ...inherited, NODE_OPTIONS: options.filter((option) => option !== undefined).join(" ") };
  }
}
