import { HandclaspError } from "../../errors.ts";
import type { TrustEventType } from "../events.ts";
import { toKeyId } from "../key-id.ts";
import type { KeyPin, KeyRecord } from "../key-record.ts";
import { nameKey, toPeerName } from "../peer-name.ts";
import type { TrustTables } from "../trust-tables.ts";
import type { ApproveChange, ImportChange, Outcome } from "./change.ts";
import { leaveGroups } from "./group.ts";
import { retire } from "./retire.ts";

/** Trusts a key under a name. A name that other keys hold needs a decision about them first. */
export function applyApprove(tables: TrustTables, change: ApproveChange): Outcome {
  const key = tables.key(change.pin);
  if (key === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `no key ${change.pin} in the store`);
  }
  const claimedName = key.state === "trusted" ? (key.newName ?? key.claimedName) : key.claimedName;
  const unchanged = key.state === "trusted" && key.newName === null;
  const peer = change.peer ?? (unchanged ? key.peer : (key.newName ?? key.peer ?? key.claimedName));
  return trust(tables, change, {
    ...key,
    peer: peer ?? toKeyId(key.pin),
    claimedName,
    source: key.state === "trusted" ? key.source : "approved",
    expires: change.expires,
  });
}

/** Trusts a key that an operator brings as a certificate; one that is trusted so already only gets the certificate. */
export function applyImport(tables: TrustTables, change: ImportChange): Outcome {
  const { certificate } = change;
  const known = tables.key(certificate.pin);
  if (known !== undefined && known.state !== "pending" && known.state !== "trusted") {
    throw new HandclaspError(
      "ERR_HANDCLASP_STATE",
      `this key is ${known.state}: importing does not lift that`,
      {
        hint: `handclasp trust approve ${toKeyId(certificate.pin)}`,
      },
    );
  }
  const peer = change.peer ?? known?.peer ?? certificate.claimedName ?? toKeyId(certificate.pin);
  if (known?.state === "trusted" && known.peer === peer && known.expires === change.expires) {
    const renewed = { ...known, fingerprint: certificate.fingerprint };
    tables.putKey(renewed);
    tables.putCertificate({ ...certificate, addedAt: change.at });
    return { kind: "changed", keys: [renewed] };
  }
  const outcome = trust(tables, change, {
    pin: certificate.pin,
    state: "trusted",
    peer,
    claimedName: certificate.claimedName,
    newName: null,
    source: known?.state === "trusted" ? known.source : "import",
    fingerprint: certificate.fingerprint,
    firstSeen: known?.firstSeen ?? null,
    lastSeen: known?.lastSeen ?? null,
    expires: change.expires,
    conflictsWith: null,
    staleSeen: false,
    endorsesFrom: known?.endorsesFrom ?? 0,
  });
  tables.putCertificate({ ...certificate, addedAt: change.at });
  return outcome;
}

type Trusted = KeyRecord & { readonly peer: string };

function trust(tables: TrustTables, change: ApproveChange | ImportChange, wanted: Trusted): Outcome {
  const before = tables.key(wanted.pin);
  const peer = safeName(wanted.peer, wanted);
  const key: KeyRecord = {
    ...wanted,
    peer,
    state: "trusted",
    newName: null,
    conflictsWith: null,
    staleSeen: false,
    endorsesFrom: endorsesFrom(tables, before, change.at, wanted.pin),
  };
  const holders = tables.keysOfName(nameKey(peer)).filter((holder) => holder.pin !== key.pin);
  if (holders.length > 0 && change.onConflict === "fail") throw conflict(key, peer, holders);
  if (change.onConflict === "replace") {
    for (const holder of holders) if (holder.state === "trusted") retire(tables, change, holder, key.pin);
  }
  tables.putKey(key);
  tables.appendEvent({
    type: eventType(change, before),
    at: change.at,
    actor: change.actor,
    pin: key.pin,
    peer,
    before: before?.state ?? null,
    after: "trusted",
    details: {
      fingerprint: key.fingerprint,
      expires: key.expires === null ? null : new Date(key.expires).toISOString(),
      ...(before !== undefined &&
        before.peer !== null &&
        before.peer !== peer && { formerName: before.peer }),
    },
  });
  leaveGroups(tables, change, before?.peer ?? null);
  return { kind: "changed", keys: [key] };
}

/** A key that was barred or forgotten in between does not bring back what it endorsed until then. */
function endorsesFrom(tables: TrustTables, before: KeyRecord | undefined, now: number, pin: KeyPin): number {
  if (before === undefined || before.state === "pending") return tables.tombstone(pin) ?? 0;
  return before.state === "trusted" ? before.endorsesFrom : now;
}

function eventType({ type }: ApproveChange | ImportChange, before: KeyRecord | undefined): TrustEventType {
  if (type === "import") return "imported";
  return before?.state === "trusted" && before.newName !== null ? "name-approved" : "approved";
}

function safeName(peer: string, key: KeyRecord): string {
  if (peer === toKeyId(key.pin)) return peer;
  const name = toPeerName(peer);
  if (name.ok) return name.name;
  throw new HandclaspError("ERR_HANDCLASP_NAME", `this cannot be a peer's name: ${name.problem}`, {
    hint: "give another one with --name",
  });
}

function conflict(key: KeyRecord, peer: string, holders: readonly KeyRecord[]): HandclaspError {
  const held = holders.map((holder) => `${toKeyId(holder.pin)} (${holder.state})`).join(", ");
  return new HandclaspError("ERR_HANDCLASP_CONFLICT", `the name "${peer}" is bound to another key: ${held}`, {
    hint: `--replace retires that key, --add keeps both; or give another name with --name`,
    details: { pin: key.pin, peer, holders: holders.map((holder) => holder.pin) },
  });
}
