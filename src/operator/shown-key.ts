import { toKeyId } from "../trust/naming/key-id.ts";
import type { CertificateRecord, KeyRecord } from "../trust/records/key-record.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import { toPhrase } from "../trust/naming/phrase.ts";
import type { RecordedReason } from "../trust/records/sighting.ts";
import type { ListedRefusal } from "../trust/port/roll.ts";
import { machineOf } from "./listed-refusal.ts";
import { everyItem, type Page, type PageFilter } from "../trust/port/page.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import type { RefusalDetail } from "../trust/records/verdict.ts";
import { describeCertificate, toPem } from "../x509/certificate-description.ts";
import { toIsoTime } from "./iso-time.ts";
import { recordedServer } from "./known-server.ts";
import { type EventJson, toListedEvent } from "./listed-event.ts";
import { type KeyJson, toListedKeys } from "./listed-key.ts";

/** On a page. */
const MOST_AT_ONCE = 1000;

/** All that the store holds about a key. */
export interface ShownKey extends KeyJson {
  readonly claimedName: string | null;
  /** Another name that a later certificate claims. */
  readonly newName: string | null;
  /** A revoked or retired key showed up again. */
  readonly staleSeen: boolean;
  /** What the client shows, to be read out; null, like the next, when no server was started on the store. */
  readonly phrase: string | null;
  /** The key of our own in it. */
  readonly serverKeyId: string | null;
  /** Newest first. */
  readonly certificates: readonly ShownCertificate[];
  readonly refusals: readonly ShownRefusal[];
  readonly events: readonly EventJson[];
}

export interface ShownCertificate {
  readonly fingerprint: string;
  /** RFC 8705 §3.1. */
  readonly x5tS256: string;
  readonly addedAt: string | null;
  /** Null, like all below, when the certificate cannot be read. */
  readonly subject: string | null;
  readonly subjectAltNames: readonly string[] | null;
  readonly serialNumber: string | null;
  readonly keyType: string | null;
  readonly notBefore: string | null;
  readonly notAfter: string | null;
  /** Only where it is asked for. */
  readonly pem?: string;
}

export interface ShownRefusal {
  readonly reason: RecordedReason;
  readonly detail: RefusalDetail | null;
  readonly address: string | null;
  /** The newest connection that was refused so. */
  readonly connection: string;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly count: number;
  /** Null at servers that have no name for it. */
  readonly listener: string | null;
  /** That it came to, where machines share their trust; null where they do not. */
  readonly machine: string | null;
}

export interface ShowOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The certificates as PEM too; default false. */
  readonly pem?: boolean;
  /** How many events and refusals, the latest; default all. */
  readonly most?: number;
}

/** A key of the store with all that belongs to it. */
export async function toShownKey(
  store: TrustStore,
  key: KeyRecord,
  { now, pem = false, most = Number.POSITIVE_INFINITY }: ShowOptions,
): Promise<ShownKey> {
  const { pin, claimedName, newName, staleSeen } = key;
  const server = recordedServer(store);
  const [listed] = await toListedKeys(store, [key], now);
  if (listed === undefined) throw new Error("a key that was asked for has a row");
  const refusals = await first(most, (page) =>
    store.listRefusals({ of: { pins: [pin], peers: [] }, ...page }),
  );
  const events = await first(most, (page) => store.listEvents({ about: [pin], newestFirst: true, ...page }));
  const certificates = await store.listCertificates(pin);
  return {
    ...listed,
    claimedName: claimedName === null ? null : escapeText(claimedName),
    newName: newName === null ? null : escapeText(newName),
    staleSeen,
    phrase: server === undefined ? null : toPhrase(server.pin, pin),
    serverKeyId: server === undefined ? null : toKeyId(server.pin),
    certificates: certificates.map((certificate) => toShownCertificate(certificate, pem)),
    refusals: refusals.map(toShownRefusal),
    events: events.toReversed().map(toListedEvent),
  };
}

/** So many of a list; no more are read. */
async function first<T>(most: number, list: (page: PageFilter) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of everyItem(list, { limit: Math.min(most, MOST_AT_ONCE) })) {
    if (items.push(item) >= most) break;
  }
  return items;
}

function toShownCertificate(
  { fingerprint, der, addedAt }: CertificateRecord,
  pem: boolean,
): ShownCertificate {
  const facts = descriptionOf(der);
  return {
    fingerprint,
    x5tS256: Buffer.from(fingerprint, "hex").toString("base64url"),
    addedAt: toIsoTime(addedAt),
    subject: facts?.subject ?? null,
    subjectAltNames: facts?.subjectAltNames ?? null,
    serialNumber: facts?.serialNumber ?? null,
    keyType: facts?.keyType ?? null,
    notBefore: toIsoTime(facts?.notBefore ?? null),
    notAfter: toIsoTime(facts?.notAfter ?? null),
    ...(pem && { pem: toPem(der) }),
  };
}

function descriptionOf(der: Uint8Array): ReturnType<typeof describeCertificate> | undefined {
  try {
    return describeCertificate(der);
  } catch {
    return undefined;
  }
}

function toShownRefusal(refusal: ListedRefusal): ShownRefusal {
  const { reason, detail, address, connection, firstAt, lastAt, count, listener } = refusal;
  const times = { firstAt: toIsoTime(firstAt), lastAt: toIsoTime(lastAt) };
  return { reason, detail, address, connection, ...times, count, listener, machine: machineOf(refusal) };
}
