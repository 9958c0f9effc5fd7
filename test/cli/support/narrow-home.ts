import { Home } from "./serve.ts";

/** Its verbs print for a terminal of 80 columns. */
export class NarrowHome extends Home {
  override get environment(): NodeJS.ProcessEnv {
    return { ...super.environment, COLUMNS: "80" };
  }
}
