import { HandclaspError } from "../errors.ts";
import type { Explanation } from "../explain/explanation.ts";
import { judgeRefusal, type RefusalFacts } from "../explain/judge-refusal.ts";
import { alertOf } from "../trust/judging/alerts.ts";
import { parseIpAddress } from "../trust/network/ip-network.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import { AUTHORIZER } from "../trust/records/sighting.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import type { RefusalSighting } from "../trust/port/ledger.ts";
import { machineOf } from "./listed-refusal.ts";
import type { ListedRefusal, RefusalFilter } from "../trust/port/roll.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { toIsoTime } from "./iso-time.ts";
import { refusalsOf } from "./refusals-of.ts";

/** A refusal as programs get it beside its explanation. */
export interface ExplainedRefusal {
  readonly connection: string;
  readonly reason: RefusalSighting["reason"];
  readonly detail: RefusalSighting["detail"];
  /** The name of the alert that stands for the reason in TLS 1.3; null for what was refused by a status of HTTP. */
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
  /** That it came to, where machines share their trust; null where they do not. */
  readonly machine: string | null;
}

/** Why a client was refused, and what changes that: of LAST, a connection, an address, a key or a name the newest. */
export async function explainRefusal(
  store: TrustStore,
  text: string,
): Promise<{ readonly refusal: ExplainedRefusal; readonly explanation: Explanation }> {
  const facts = factsOf(store, await find(store, text));
  return { refusal: toExplainedRefusal(facts), explanation: judgeRefusal(facts) };
}

async function find(store: TrustStore, text: string): Promise<ListedRefusal> {
  const newest = async (filter: RefusalFilter): Promise<ListedRefusal | undefined> =>
    (await store.listRefusals({ ...filter, limit: 1 })).items[0];
  if (text.toUpperCase() === "LAST") {
    const last = await newest({});
    if (last !== undefined) return last;
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", "nobody was refused in the last seven days");
  }
  const found =
    (await newest({ connection: text })) ??
    (parseIpAddress(text) && (await newest({ network: text.replace(/%.*$/, "") }))) ??
    (await newest(await refusalsOf(store, text)));
  if (found !== undefined) return found;
  throw new HandclaspError(
    "ERR_HANDCLASP_NOT_FOUND",
    `no refusal of ${escapeText(text)} is on record: no connection, address, key or name`,
    {
      hint: "of refusals of one key for one reason from one address the newest is kept",
      remedies: [{ act: "list-refusals", at: "server" }],
    },
  );
}

function factsOf(store: TrustStore, refusal: ListedRefusal): RefusalFacts {
  const key = refusal.pin === null ? undefined : store.key(refusal.pin);
  const holder = key?.conflictsWith ? store.key(key.conflictsWith) : undefined;
  return { refusal, key, holder, ...alertsFor(refusal) };
}

/** Which version a connection had is not on record. */
function alertsFor({ reason, listener }: RefusalSighting): Pick<RefusalFacts, "alert" | "olderAlert"> {
  if (reason === "path-not-allowed" || listener === AUTHORIZER) return { alert: null, olderAlert: null };
  return { alert: alertOf(reason, "TLSv1.3"), olderAlert: alertOf(reason, "TLSv1.2") };
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
    machine: machineOf(refusal),
  };
}
