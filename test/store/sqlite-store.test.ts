import { join } from "node:path";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { describeFailingWrites } from "../../src/testing/contract/failing-writes.ts";
import { describeGroups } from "../../src/testing/contract/groups.ts";
import { describeNamedChanges } from "../../src/testing/contract/named-changes.ts";
import { describeSetAside } from "../../src/testing/contract/set-aside.ts";
import { describePendingKeys } from "../../src/testing/contract/pending-keys.ts";
import { describeRefusals } from "../../src/testing/contract/refusals.ts";
import { describeTrustStore } from "../../src/testing/contract/trust-store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describeTrustStore("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describePendingKeys("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeGroups("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeRefusals("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeFailingWrites("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeNamedChanges("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
describeSetAside("sqlite store", () => openSqliteStore(join(temporaryFolder(), "trust.db")));
