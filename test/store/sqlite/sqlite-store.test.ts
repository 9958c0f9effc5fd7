import { join } from "node:path";
import { describe, it } from "node:test";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { storeContract } from "../../../src/testing/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

storeContract("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")), { describe, it });
