import { join } from "node:path";
import { type Command, Option } from "commander";
import { StoreUrl } from "../../trust/port/store-url.ts";
import { dataFolder } from "../../data-folder.ts";

/** `--store URL`, the same on every verb. */
export function storeOption(): Option {
  return new Option("--store <url>", "the trust store: sqlite:PATH, a path, postgres://…, or memory:")
    .env("HANDCLASP_STORE")
    .default(join(dataFolder(), "trust.db"), "handclasp/trust.db in the XDG data folder");
}

/** Before a verb runs, what `--store` names becomes a `StoreUrl`. Empty ones must have been refused by then. */
export function parseStores(program: Command): void {
  program.hook("preAction", (_, verb) => {
    const text: unknown = verb.getOptionValue("store");
    if (typeof text !== "string") return;
    verb.setOptionValueWithSource(
      "store",
      StoreUrl.parse(text, dataFolder),
      verb.getOptionValueSource("store"),
    );
  });
}
