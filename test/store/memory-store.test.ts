import { openMemoryStore } from "../../src/store/memory-store.ts";
import { describeFailingWrites } from "../../src/testing/contract/failing-writes.ts";
import { describeGroups } from "../../src/testing/contract/groups.ts";
import { describeNamedChanges } from "../../src/testing/contract/named-changes.ts";
import { describeSetAside } from "../../src/testing/contract/set-aside.ts";
import { describePendingKeys } from "../../src/testing/contract/pending-keys.ts";
import { describeRefusals } from "../../src/testing/contract/refusals.ts";
import { describeTrustStore } from "../../src/testing/contract/trust-store.ts";

describeTrustStore("memory store", () => openMemoryStore());
describePendingKeys("memory store", () => openMemoryStore());
describeGroups("memory store", () => openMemoryStore());
describeRefusals("memory store", () => openMemoryStore());
describeFailingWrites("memory store", () => openMemoryStore());
describeNamedChanges("memory store", () => openMemoryStore());
describeSetAside("memory store", () => openMemoryStore());
