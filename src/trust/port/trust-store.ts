import type { Desk } from "./desk.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Ledger } from "./ledger.ts";
import type { Roll } from "./roll.ts";
import type { Upkeep } from "./upkeep.ts";

/** Where peers live: one object in five roles, each with its promise. `src/testing/contract/` is the whole of it. */
export interface TrustStore extends Knowledge, Ledger, Roll, Desk, Upkeep {}
