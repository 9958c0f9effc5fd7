import { openMemoryStore } from "../../src/store/memory-store.ts";
import { describeFailingWrites } from "../contract/failing-writes.ts";
import { describeGroups } from "../contract/groups.ts";
import { describeNamedChanges } from "../contract/named-changes.ts";
import { describeSetAside } from "../contract/set-aside.ts";
import { describePendingKeys } from "../contract/pending-keys.ts";
import { describeRefusals } from "../contract/refusals.ts";
import { describeTrustStore } from "../contract/trust-store.ts";

describeTrustStore("memory store", () => openMemoryStore());
describePendingKeys("memory store", () => openMemoryStore());
describeGroups("memory store", () => openMemoryStore());
describeRefusals("memory store", () => openMemoryStore());
describeFailingWrites("memory store", () => openMemoryStore());
describeNamedChanges("memory store", () => openMemoryStore());
describeSetAside("memory store", () => openMemoryStore());
