import { Option } from "commander";

/** `--json`, on everything that prints data. */
export function jsonOption(): Option {
  return new Option("--json", "print JSON");
}
