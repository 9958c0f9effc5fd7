import { MemoryCluster } from "../../../../src/store/log/memory-cluster.ts";
import { SYSTEM } from "../../../../src/store/replica/runtime.ts";
import { openMemoryReplica } from "../../../../src/store/replica/open-replica.ts";
import type { IgnoredRow } from "../../../../src/store/sqlite/shared/take-rows.ts";
import { refusalOf as refusalAt } from "../../../../src/testing/contract/pages.ts";
import { toSeenCertificate } from "../../../../src/trust/judging/seen-certificate.ts";
import type { RefusalSighting, SightingBatch } from "../../../../src/trust/port/ledger.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import type { Actor } from "../../../../src/trust/records/events.ts";
import type { KeyPin } from "../../../../src/trust/records/key-record.ts";
import type { LiveConnection } from "../../../../src/trust/records/sighting.ts";
import type { HoldChange } from "../../../../src/trust/records/change.ts";
import type { CertificateFacts } from "../../../../src/x509/certificate-facts.ts";
import { createIdentity } from "../../../../src/x509/create-identity.ts";

export const NOTHING: SightingBatch = { seen: [], refusals: [], opened: [], closed: [] };
export const ACTOR: Actor = { user: null, process: "test 1", address: "192.0.2.1", listener: null };
export const DAY_MS: number = 24 * 3_600_000;

export interface Machines extends AsyncDisposable {
  readonly cluster: MemoryCluster;
  readonly stores: readonly TrustStore[];
  /** What could not be made sense of. */
  readonly ignored: readonly IgnoredRow[];
}

/** Machines of one cluster, in this process. */
export function openMachines(...names: readonly string[]): Machines {
  return openMachinesWith(() => 0, ...names);
}

/** The same, each with a clock that is so many milliseconds ahead of the cluster's. */
export function openMachinesWith(ahead: (name: string) => number, ...names: readonly string[]): Machines {
  const cluster = new MemoryCluster();
  const ignored: IgnoredRow[] = [];
  const stores = names.map((machine) =>
    openMemoryReplica({
      cluster,
      machine,
      url: "memory log",
      now: () => Date.now() + ahead(machine),
      runtime: { ...SYSTEM, now: () => Date.now() + ahead(machine) },
      onIgnored: (rows) => void ignored.push(...rows),
    }),
  );
  return {
    cluster,
    stores,
    ignored,
    async [Symbol.asyncDispose]() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}

export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A certificate that a stranger shows: a real one, since other machines read it. */
export async function strangerCalled(name: string): Promise<CertificateFacts> {
  return (await createIdentity({ name, now: new Date() })).facts;
}

export function holdOf(facts: CertificateFacts, over: Partial<HoldChange> = {}): HoldChange {
  const at = Date.now();
  const certificate = toSeenCertificate(facts);
  return {
    type: "hold",
    at,
    actor: ACTOR,
    peer: certificate.claimedName,
    certificate,
    conflictsWith: null,
    pendingExpires: at + DAY_MS,
    maxPending: 1000,
    ...over,
  };
}

export function refusalOf(number: number): RefusalSighting {
  const at = Date.now();
  return refusalAt(number, { firstAt: at, lastAt: at });
}

export function connectionOf(pin: KeyPin, id: string): LiveConnection {
  return { id, pin, peer: "carla", remoteAddress: "192.0.2.1", listener: null, since: 1 };
}
