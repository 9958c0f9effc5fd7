import { HandclaspError } from "../../errors.ts";
import type { Remedy } from "../../remedy.ts";
import type { TrustEventType } from "../records/events.ts";
import { isSetAside, keepsItsName } from "../judging/is-set-aside.ts";
import { keyIdAsName, toKeyId } from "../naming/key-id.ts";
import type { KeyPin, KeyRecord, KeySource } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { Outcome } from "../records/change.ts";
import { boundName, claimedName, type FoldedName, newName } from "../naming/folded-name.ts";
import { formerClaim, formerNewName, nameDetails } from "./names-in-events.ts";
import { leaveGroups } from "./group.ts";
import { meantKey } from "./meant-keys.ts";
import type { ApprovedName, PreparedApprove, PreparedImport } from "./prepared-change.ts";
import { type KeyDraft, putKey } from "./put-key.ts";
import { mustBeNoListWord } from "../naming/list-words.ts";
import { retire } from "./retire.ts";

/** Trusts a key under a name. A name that other keys hold needs a decision about them first. */
export function applyApprove(tables: TrustTables, change: PreparedApprove): Outcome {
  const key = meantKey(tables, change, "approve");
  mustBeFor(key.pin, change.peer);
  const claim = (key.state === "trusted" ? newName(key) : null) ?? claimedName(key);
  const unchanged = key.state === "trusted" && key.newName === null;
  const name = unchanged ? boundName(key) : (newName(key) ?? boundName(key) ?? claimedName(key));
  return trust(tables, change, change.peer ?? name ?? keyIdAsName(key.pin), {
    ...key,
    claimedName: claim?.name ?? null,
    claimedKey: claim?.nameKey ?? null,
    source: sourceOf(key, "approved"),
    expires: endOf(change, key),
  });
}

/** Trusts a key that an operator brings as a certificate; one that is trusted so already only gets the certificate. */
export function applyImport(tables: TrustTables, change: PreparedImport): Outcome {
  const { certificate } = change;
  const known = tables.key(certificate.pin);
  const isBarred = known !== undefined && known.state !== "pending" && known.state !== "trusted";
  if (isBarred || (known !== undefined && isSetAside(known))) {
    throw new HandclaspError(
      "ERR_HANDCLASP_STATE",
      `this key is ${isBarred ? known.state : "set aside"}: importing does not lift that`,
      {
        hint: "approve it if it is to be trusted again",
        remedies: [{ act: "approve-key", at: "server", key: toKeyId(certificate.pin) }],
      },
    );
  }
  const bound = known === undefined ? null : boundName(known);
  const peer = change.peer ?? bound ?? claimedName(certificate) ?? keyIdAsName(certificate.pin);
  const expires = endOf(change, known);
  const source = sourceOf(known, "import");
  if (
    known?.state === "trusted" &&
    known.peer === peer.name &&
    known.expires === expires &&
    known.source === source
  ) {
    const renewed = putKey(tables, { ...known, fingerprint: certificate.fingerprint });
    tables.putCertificate({ ...certificate, addedAt: change.at });
    return { kind: "changed", keys: [renewed] };
  }
  const outcome = trust(tables, change, peer, {
    pin: certificate.pin,
    claimedName: certificate.claimedName,
    claimedKey: certificate.claimedKey,
    source,
    fingerprint: certificate.fingerprint,
    firstSeen: known?.firstSeen ?? null,
    firstAddress: known?.firstAddress ?? null,
    expires,
    note: known?.note ?? null,
  });
  tables.putCertificate({ ...certificate, addedAt: change.at });
  return outcome;
}

/** How a trusted key came stands, but that it was only met: from now on somebody stands behind it. */
function sourceOf(known: KeyRecord | undefined, source: KeySource): KeySource {
  return known?.state === "trusted" && known.source !== "first-use" ? known.source : source;
}

function mustBeFor(pin: KeyPin, name: ApprovedName | null): void {
  if (name === null || name.onlyFor === null || name.onlyFor === pin) return;
  throw new HandclaspError(
    "ERR_HANDCLASP_NAME",
    "this cannot be a peer's name: it is the id of another key",
    {
      hint: "give another name",
    },
  );
}

type Trusted = Omit<
  KeyDraft,
  "state" | "peer" | "nameKey" | "newName" | "newKey" | "conflictsWith" | "staleSeen" | "endorsesFrom"
>;

type Named = KeyDraft & { readonly peer: string };

function trust(
  tables: TrustTables,
  change: PreparedApprove | PreparedImport,
  { name: peer, nameKey }: FoldedName,
  wanted: Trusted,
): Outcome {
  mustBeNoListWord(tables, { name: peer, nameKey });
  const before = tables.key(wanted.pin);
  const draft: Named = {
    ...wanted,
    peer,
    nameKey,
    state: "trusted",
    newName: null,
    newKey: null,
    conflictsWith: null,
    staleSeen: false,
    endorsesFrom: endorsesFrom(tables, before, change.at, wanted.pin),
  };
  const holders = tables.keysOfName(nameKey).filter((holder) => holder.pin !== wanted.pin);
  if (holders.length > 0 && change.onConflict === "fail") throw conflict(change, draft, holders);
  const retired =
    change.onConflict === "replace"
      ? holders.filter(keepsItsName).map((holder) => retire(tables, change, holder, wanted.pin))
      : [];
  const key = putKey(tables, draft);
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
      ...(change.type === "approve" && change.compared !== undefined && { compared: change.compared }),
      ...(before !== undefined &&
        before.peer !== null &&
        before.peer !== peer &&
        nameDetails("formerName", boundName(before))),
      ...(before?.state === "trusted" && before.source !== key.source && { source: key.source }),
      // What is gone back to when this is undone.
      ...(retired.length > 0 && { replaced: String(retired.length) }),
      ...(before !== undefined && { ...formerClaim(before, key), ...formerNewName(before) }),
    },
  });
  leaveGroups(tables, change, before === undefined ? null : boundName(before), key.pin);
  return { kind: "changed", keys: [key, ...retired] };
}

/** An end stands until somebody says otherwise; one that is past ended the trust, which begins anew. */
function endOf(
  { expires, at }: PreparedApprove | PreparedImport,
  before: KeyRecord | undefined,
): number | null {
  if (expires !== undefined) return expires;
  const stands = before?.state === "trusted" && before.expires !== null && at < before.expires;
  return stands ? before.expires : null;
}

/** A key that was barred, set aside or forgotten in between does not bring back what it endorsed until then. */
function endorsesFrom(tables: TrustTables, before: KeyRecord | undefined, now: number, pin: KeyPin): number {
  const isNew = before === undefined || (before.state === "pending" && !isSetAside(before));
  if (isNew) return tables.tombstone(pin) ?? 0;
  return before.state === "trusted" ? before.endorsesFrom : now;
}

function eventType(
  { type }: PreparedApprove | PreparedImport,
  before: KeyRecord | undefined,
): TrustEventType {
  if (type === "import") return "imported";
  return before?.state === "trusted" && before.newName !== null ? "name-approved" : "approved";
}

/** The same once more, with a decision. */
function again(
  { type }: PreparedApprove | PreparedImport,
  { pin }: KeyDraft,
  options: NonNullable<Remedy["options"]>,
): Remedy {
  return type === "import"
    ? { act: "import-certificate", at: "server", options }
    : { act: "approve-key", at: "server", key: toKeyId(pin), options };
}

function conflict(
  change: PreparedApprove | PreparedImport,
  key: Named,
  holders: readonly KeyRecord[],
): HandclaspError {
  const { pin, peer } = key;
  const held = holders.map((holder) => `${toKeyId(holder.pin)} (${holder.state})`).join(", ");
  return new HandclaspError("ERR_HANDCLASP_CONFLICT", `the name "${peer}" is bound to another key: ${held}`, {
    hint: "retire that key, keep both, or give another name",
    remedies: [{ replace: true as const }, { add: true as const }, { name: "NAME" }].map((options) =>
      again(change, key, options),
    ),
    details: { pin, peer, holders: holders.map((holder) => holder.pin) },
  });
}
