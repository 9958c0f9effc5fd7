// Revokes a key of a store.
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";

const [path = "", pin = ""] = process.argv.slice(2);
await using store = openSqliteStore(path);
const actor = { user: "test", process: "test 2", address: null, listener: null };
await store.apply({ type: "revoke", at: Date.now(), actor, key: pin });
