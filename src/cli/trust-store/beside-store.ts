import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { shellQuoted } from "../terminal/shell-quoted.ts";
import { HandclaspError } from "../../errors.ts";
import { realStorePath } from "../../store/sqlite/file/real-store-path.ts";

/**
 * A file that belongs to the store at a path: beside the store itself, by whichever link it was named. One that lies
 * beside a link is an error: to make another would be to meet everybody anew, under a new key.
 */
export function besideStore(store: string, fileOf: (path: string) => string): string {
  if (store === "") {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", '"" names no file', { hint: "give --store a path" });
  }
  const real = realStorePath(store);
  const file = fileOf(real);
  const beside = fileOf(resolve(store));
  if (existsSync(file) || !existsSync(beside)) return file;
  throw new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `${beside} lies beside a link: the trust store that it belongs to is ${real}`,
    { hint: `while nothing uses it: mv ${shellQuoted(beside)} ${shellQuoted(file)}` },
  );
}
