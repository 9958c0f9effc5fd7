import type { TrustStore } from "../../trust/port/trust-store.ts";
import { describeClaims } from "./claims.ts";
import { describeDesk } from "./desk.ts";
import { describeFailingWrites } from "./failing-writes.ts";
import { describeGroups } from "./groups.ts";
import { describeJoinTokens } from "./join-tokens.ts";
import { describeKeyFilters } from "./key-filters.ts";
import { describeKnowledge } from "./knowledge.ts";
import { describeLedger } from "./ledger.ts";
import { describeNamedChanges } from "./named-changes.ts";
import { describePages } from "./pages.ts";
import { describePendingKeys } from "./pending-keys.ts";
import { describeRefusals } from "./refusals.ts";
import { describeRoll } from "./roll.ts";
import { describeRotations } from "./rotations.ts";
import { describeSearches } from "./searches.ts";
import { describeSetAside } from "./set-aside.ts";
import { describeNotes } from "./notes.ts";
import { describeUndo } from "./undo.ts";
import { describeSurroundings } from "./surroundings.ts";
import { describeTokenGroups } from "./token-groups.ts";
import type { StoreSuite, TestRunner } from "./store-suite.ts";
import { describeWindows } from "./windows.ts";
import { describeUpkeep } from "./upkeep.ts";

export type { TestRunner };

/** The five roles, and behind `ledger` what each change comes to. */
const PARTS: readonly ((suite: StoreSuite) => void)[] = [
  describeKnowledge,
  describeLedger,
  describeFailingWrites,
  describeClaims,
  describeWindows,
  describePendingKeys,
  describeNamedChanges,
  describeSetAside,
  describeUndo,
  describeNotes,
  describeGroups,
  describeJoinTokens,
  describeTokenGroups,
  describeRotations,
  describePages,
  describeRoll,
  describeSearches,
  describeKeyFilters,
  describeSurroundings,
  describeRefusals,
  describeDesk,
  describeUpkeep,
];

/**
 * Registers tests of all that a trust store promises, for one kind of it. `open` gives a new, empty store, which the test
 * closes; `runner` is what registers tests: `storeContract("my store", openMine, { describe, it })`.
 */
export function storeContract(
  kind: string,
  open: () => TrustStore | Promise<TrustStore>,
  { describe, it }: TestRunner,
): void {
  const suite: StoreSuite = { kind, open: async () => open(), describe, it };
  for (const part of PARTS) part(suite);
}
