import { existsSync } from "node:fs";
import { HandclaspError } from "../../errors.ts";
import { realStorePath } from "../../store/sqlite/file/real-store-path.ts";
import { StoreUrl } from "../../trust/port/store-url.ts";
import { shellQuoted } from "../terminal/shell-quoted.ts";

/**
 * A file that belongs to a store: beside the store itself, by whichever link it was named; null beside one in memory. One
 * that lies beside a link is an error: to make another would be to meet everybody anew, under a new key.
 */
export function besideStore(store: StoreUrl, name: Parameters<StoreUrl["beside"]>[0]): string | null {
  if (store.file === null) return null;
  const real = realStorePath(store.file);
  const file = StoreUrl.sqlite(real).beside(name);
  const beside = store.in(process.cwd()).beside(name);
  if (file === null || beside === null || existsSync(file) || !existsSync(beside)) return file;
  throw new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `${beside} lies beside a link: the trust store that it belongs to is ${real}`,
    { hint: `while nothing uses it: mv ${shellQuoted(beside)} ${shellQuoted(file)}` },
  );
}
