import { mayRotate } from "../limits/rotation-limits.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import { admitKey } from "./admit-key.ts";
import type { Outcome } from "../records/change.ts";
import type { PreparedRotate } from "./prepared-change.ts";
import { hold, isDecided, settleKnown } from "./claim.ts";
import { boundName } from "../naming/folded-name.ts";
import { retire } from "./retire.ts";

/**
 * The endorsed key takes the place of the one that endorsed it. Of two that one key endorsed, the first one wins. A key
 * that is trusted already keeps its own name: the one that endorsed it is given up all the same.
 */
export function applyRotate(tables: TrustTables, change: PreparedRotate): Outcome {
  const { certificate, endorsedBy, at } = change;
  const known = tables.key(certificate.pin);
  if (known !== undefined && known.state !== "trusted" && isDecided(known)) return settleKnown(known);
  const old = tables.key(endorsedBy.pin);
  const peer = old === undefined ? null : boundName(old);
  const mayEndorse =
    old !== undefined &&
    old.state === "trusted" &&
    peer !== null &&
    (old.expires === null || at < old.expires) &&
    endorsedBy.issuedAt >= old.endorsesFrom &&
    tables.tombstone(certificate.pin) === undefined;
  if (known?.state === "trusted") {
    if (mayEndorse) retire(tables, change, old, known.pin);
    return settleKnown(known);
  }
  if (!mayEndorse) {
    hold(tables, { ...change, peer }, old);
    return { kind: "lost", reason: "key-changed", conflictsWith: old?.pin ?? null };
  }
  if (change.limit !== undefined && !mayRotate(change.limit, rotationsOf(tables, peer.nameKey), at)) {
    return { kind: "lost", reason: "rate-limited", conflictsWith: null };
  }
  const key = admitKey(tables, change, {
    event: "rotated",
    certificate,
    peer,
    source: "rotation",
    expires: old.expires,
    details: {
      endorsedBy: old.pin,
      expires: old.expires === null ? null : new Date(old.expires).toISOString(),
    },
  });
  retire(tables, change, old, key.pin);
  return { kind: "changed", keys: [key] };
}

/** When the peer's keys came that others endorsed; retired ones stay on record. */
function rotationsOf(tables: TrustTables, nameKey: string): readonly number[] {
  return tables
    .keysOfName(nameKey)
    .flatMap(({ source, firstSeen }) => (source === "rotation" && firstSeen !== null ? [firstSeen] : []));
}
