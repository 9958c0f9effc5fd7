import type { SealedEvent } from "../events.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "../key-record.ts";
import type { TokenRecord } from "../token-record.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Ledger, RefusalSighting } from "./ledger.ts";
import type { ListedConnection, ListedMember, Roll } from "./roll.ts";
import type { Upkeep } from "./upkeep.ts";

/** Where peers live: one object in four roles, each with its promise. `src/testing/contract/` is the whole of it. */
export interface TrustStore extends Knowledge, Ledger, Roll, Upkeep {
  members(): readonly ListedMember[];
  tokens(): readonly TokenRecord[];
  lastSeen(pin: KeyPin): number | null;
  keys(): readonly KeyRecord[];
  certificates(pin: KeyPin): readonly CertificateRecord[];
  events(after: number, most: number): readonly SealedEvent[];
  refusals(most: number): readonly RefusalSighting[];
  connections(): readonly ListedConnection[];
}
