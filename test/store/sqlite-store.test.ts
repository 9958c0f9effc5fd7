import { join } from "node:path";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { describeFailingWrites } from "../contract/failing-writes.ts";
import { describeGroups } from "../contract/groups.ts";
import { describeNamedChanges } from "../contract/named-changes.ts";
import { describeSetAside } from "../contract/set-aside.ts";
import { describePendingKeys } from "../contract/pending-keys.ts";
import { describeRefusals } from "../contract/refusals.ts";
import { describeTrustStore } from "../contract/trust-store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describeTrustStore("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describePendingKeys("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeGroups("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeRefusals("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeFailingWrites("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeNamedChanges("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeSetAside("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
