// Opens a store, writes to it until that fails, and prints what was thrown, whichever it was.
import { isHandclaspError } from "../../../../src/errors.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";

const [path = "", most = "1000"] = process.argv.slice(2);
try {
  await using store = openSqliteStore(path);
  for (let index = 0; index < Number(most); index++)
    await store.apply(claimOf(factsOf(`peer-${index}`, { der: new Uint8Array(40_000) })));
} catch (error) {
  if (!isHandclaspError(error)) throw error;
  const { code, message, hint, details, cause } = error;
  const { errcode } = cause as { errcode?: unknown };
  console.log(JSON.stringify({ code, message, hint, details, cause: { errcode, said: String(cause) } }));
}
