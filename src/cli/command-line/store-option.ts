import { join } from "node:path";
import { Option } from "commander";
import { dataFolder } from "../trust-store/data-folder.ts";

/** `--store URL`, the same on every verb. */
export function storeOption(): Option {
  return new Option("--store <url>", "the trust store: sqlite:PATH, a path, or memory:")
    .env("HANDCLASP_STORE")
    .default(join(dataFolder(), "trust.db"), "handclasp/trust.db in the XDG data folder");
}
