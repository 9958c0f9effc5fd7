import { HandclaspError } from "../errors.ts";
import type { Explanation } from "../explain/explanation.ts";
import { judgeRefusal, type RefusalFacts } from "../explain/judge-refusal.ts";
import { alertOf } from "../trust/alerts.ts";
import { toKeyId } from "../trust/key-id.ts";
import { parseFingerprint } from "../trust/key-pin.ts";
import type { KeyPin } from "../trust/key-record.ts";
import { escapeText, nameKey } from "../trust/peer-name.ts";
import type { RefusalSighting } from "../trust/port/ledger.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { toIsoTime } from "./iso-time.ts";

/** All that a store keeps. */
const MOST_REFUSALS = 10_000;

/** A refusal as programs get it beside its explanation. */
export interface ExplainedRefusal {
  readonly connection: string;
  readonly reason: RefusalSighting["reason"];
  readonly detail: RefusalSighting["detail"];
  /** The name of the alert that stands for the reason; null for what was refused behind TLS. */
  readonly alert: string | null;
  readonly peer: string | null;
  readonly keyId: string | null;
  readonly pin: KeyPin | null;
  /** The key that holds the name. */
  readonly conflictsWith: KeyPin | null;
  readonly address: string | null;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly count: number;
  /** Null at servers that have no name for it. */
  readonly listener: string | null;
}

/** Why a client was refused, and what changes that: of LAST, a connection, an address, a key or a name the newest. */
export function explainRefusal(
  store: TrustStore,
  text: string,
): { readonly refusal: ExplainedRefusal; readonly explanation: Explanation } {
  const facts = factsOf(store, find(store, text));
  return { refusal: toExplainedRefusal(facts), explanation: judgeRefusal(facts) };
}

function find(store: TrustStore, connection: string): RefusalSighting {
  if (connection.toUpperCase() === "LAST") {
    const [newest] = store.refusals(1);
    if (newest !== undefined) return newest;
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", "nobody was refused in the last seven days");
  }
  const refusals = store.refusals(MOST_REFUSALS);
  const fingerprint = parseFingerprint(connection);
  const keys = fingerprint === undefined ? [] : store.keysByFingerprint(fingerprint);
  const shown = new Set(keys.map(({ pin }) => pin));
  const found =
    refusals.find((refusal) => refusal.connection === connection) ??
    refusals.find((refusal) => refusal.address === connection) ??
    refusals.find((refusal) => isAbout(refusal, connection)) ??
    refusals.find(({ pin }) => pin !== null && shown.has(pin));
  if (found !== undefined) return found;
  throw new HandclaspError(
    "ERR_HANDCLASP_NOT_FOUND",
    `no refusal of ${escapeText(connection)} is on record: no connection, address, key or name`,
    {
      hint: "of refusals of one key for one reason from one address the newest is kept",
      remedies: [{ act: "list-refusals", at: "server" }],
    },
  );
}

/** As many characters of a key id as elsewhere; the pin, the fingerprint or the name. */
function isAbout({ pin, fingerprint, peer }: RefusalSighting, text: string): boolean {
  if (pin === text || (fingerprint !== null && fingerprint === text.toLowerCase())) return true;
  if (peer !== null && nameKey(peer) === nameKey(text)) return true;
  const keyId = bare(text);
  return pin !== null && keyId.length >= LEAST_OF_KEY_ID && bare(toKeyId(pin)).startsWith(keyId);
}

const LEAST_OF_KEY_ID = 14;

function bare(keyId: string): string {
  return keyId.toUpperCase().replaceAll(/[\s-]/g, "");
}

function factsOf(store: TrustStore, refusal: RefusalSighting): RefusalFacts {
  const key = refusal.pin === null ? undefined : store.key(refusal.pin);
  const holder = key?.conflictsWith ? store.key(key.conflictsWith) : undefined;
  return { refusal, key, holder, alert: alertFor(refusal) };
}

function alertFor({ reason }: RefusalSighting): string | null {
  return reason === "path-not-allowed" ? null : alertOf(reason, "TLSv1.3");
}

function toExplainedRefusal({ refusal, alert, holder }: RefusalFacts): ExplainedRefusal {
  const { connection, reason, detail, peer, pin, address, firstAt, lastAt, count, listener } = refusal;
  return {
    connection,
    reason,
    detail,
    alert,
    peer,
    keyId: pin === null ? null : toKeyId(pin),
    pin,
    conflictsWith: holder?.pin ?? null,
    address,
    firstAt: toIsoTime(firstAt),
    lastAt: toIsoTime(lastAt),
    count,
    listener,
  };
}
