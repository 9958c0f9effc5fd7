import { Command } from "commander";
import { toKeyId } from "../../trust/key-id.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "../../trust/key-record.ts";
import { escapeText } from "../../trust/peer-name.ts";
import { toPhrase } from "../../trust/phrase.ts";
import { parseKeyReference } from "../../trust/key-reference.ts";
import { resolveKeys } from "../../trust/resolve-keys.ts";
import type { TrustStore } from "../../trust/trust-store.ts";
import type { RefusalDetail, RefusalReason } from "../../trust/verdict.ts";
import { describeCertificate, toPem } from "../../x509/certificate-description.ts";
import { jsonOption, storeOption, withStore } from "../context.ts";
import { print, printJson, showTime, toIsoTime } from "../output.ts";
import { recordedServer } from "../record-server.ts";
import { allEvents, type ListedEvent, showEvent, toListedEvent } from "./events.ts";
import { type ListedKey, showPeer, toListedKey } from "./listed-key.ts";

const MOST_REFUSALS = 10_000;
const EVENTS_SHOWN = 10;
const REFUSALS_SHOWN = 10;
const MOST_TEXT_BYTES = 2000;

interface Options {
  readonly pem?: true;
  readonly store: string;
  readonly json?: true;
}

/** All that the store holds about a key. */
export interface ShownKey extends ListedKey {
  readonly claimedName: string | null;
  /** Another name that a later certificate claims. */
  readonly newName: string | null;
  /** A revoked or retired key showed up again. */
  readonly staleSeen: boolean;
  /** What `connect --show-phrase` prints at the client; null, like the next, when no server was started on the store. */
  readonly phrase: string | null;
  /** The key of our own in it. */
  readonly serverKeyId: string | null;
  /** Newest first. */
  readonly certificates: readonly ShownCertificate[];
  readonly refusals: readonly ShownRefusal[];
  readonly events: readonly ListedEvent[];
}

interface ShownCertificate {
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
  /** Only with --pem. */
  readonly pem?: string;
}

interface ShownRefusal {
  readonly reason: RefusalReason;
  readonly detail: RefusalDetail | null;
  readonly address: string | null;
  /** The newest connection that was refused so. */
  readonly connection: string;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly count: number;
}

/** `trust show KEY`. */
export function showCommand(): Command {
  return new Command("show")
    .description("everything that is known about a key, or about all keys of a peer")
    .argument("<key>", "a pin, a fingerprint, a key id (14 characters will do) or a name")
    .option("--pem", "its certificates as PEM too")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(text: string, { pem, store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust show",
    (store) => {
      const keys = resolveKeys(store, parseKeyReference(text), "show");
      const shown = keys.map((key) => toShownKey(store, key, pem === true));
      if (json === true) printJson(shown);
      else print(keys.map((key, at) => describe(key, shown[at])).join("\n\n"));
    },
    { mustExist: true },
  );
}

function toShownKey(store: TrustStore, key: KeyRecord, pem: boolean): ShownKey {
  const { pin, claimedName, newName, staleSeen } = key;
  const server = recordedServer(store);
  return {
    ...toListedKey(store, key, Date.now()),
    claimedName: claimedName === null ? null : escapeText(claimedName),
    newName: newName === null ? null : escapeText(newName),
    staleSeen,
    phrase: server === undefined ? null : toPhrase(server.pin, pin),
    serverKeyId: server === undefined ? null : toKeyId(server.pin),
    certificates: store.certificates(pin).map((certificate) => toShownCertificate(certificate, pem)),
    refusals: refusalsOf(store, pin),
    events: Array.from(allEvents(store, 0), toListedEvent).filter((event) => event.pin === pin),
  };
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

function refusalsOf(store: TrustStore, pin: KeyPin): readonly ShownRefusal[] {
  return store
    .refusals(MOST_REFUSALS)
    .filter((refusal) => refusal.pin === pin)
    .map(({ reason, detail, address, connection, firstAt, lastAt, count }) => {
      const times = { firstAt: toIsoTime(firstAt), lastAt: toIsoTime(lastAt) };
      return { reason, detail, address, connection, ...times, count };
    });
}

function describe(key: KeyRecord, shown: ShownKey | undefined): string {
  if (shown === undefined) return showPeer(key);
  const { certificates, refusals, events } = shown;
  const lines = [
    `${showPeer(key)}  ${key.state}${shown.reason === null || shown.reason === key.state ? "" : ` (${shown.reason})`}`,
    field("key id", shown.keyId),
    field("pin", shown.pin),
    ...(shown.phrase === null ? [] : [field("phrase", shown.phrase)]),
    ...(shown.serverKeyId === null ? [] : [field("with server", shown.serverKeyId)]),
    ...(key.newName === null
      ? []
      : [field(key.state === "pending" ? "would be" : "now claims", shown.newName ?? "")]),
    ...(key.conflictsWith === null ? [] : [field("conflicts with", toKeyId(key.conflictsWith))]),
    field("source", key.source),
    field("first seen", showTime(key.firstSeen)),
    field("last seen", showTime(key.lastSeen)),
    ...(key.expires === null ? [] : [field("expires", showTime(key.expires))]),
    ...(key.staleSeen
      ? [field("warning", `it showed up after it was ${key.state}: it may have been stolen`)]
      : []),
    ...certificates.flatMap(describeShownCertificate),
    ...(refusals.length === 0 ? [] : ["refused"]),
    ...refusals.slice(0, REFUSALS_SHOWN).map(({ reason, detail, address, lastAt, count }) => {
      return `  ${lastAt ?? "-"}  ${reason}${detail === null ? "" : ` (${detail})`}  from ${escapeText(address ?? "-")}${count > 1 ? `  ${count} times` : ""}`;
    }),
    ...(events.length === 0 ? [] : ["events"]),
    ...events.slice(-EVENTS_SHOWN).map((event) => `  ${showEvent({ ...event, pin: null })}`),
  ];
  return lines.join("\n");
}

function describeShownCertificate(certificate: ShownCertificate): readonly string[] {
  const { fingerprint, subject, subjectAltNames, notBefore, notAfter, pem } = certificate;
  return [
    "certificate",
    field("subject", subject === null ? "(it cannot be read)" : shorten(subject)),
    ...(subjectAltNames?.length ? [field("names", shorten(subjectAltNames.join(", ")))] : []),
    ...(certificate.keyType === null ? [] : [field("key type", certificate.keyType)]),
    field("valid", `${notBefore ?? "-"} to ${notAfter ?? "-"}`),
    field("fingerprint", fingerprint),
    field("x5t#S256", certificate.x5tS256),
    ...(pem === undefined ? [] : [pem.trimEnd()]),
  ];
}

/** What `describeCertificate` says is escaped already. */
function shorten(text: string): string {
  return text.length <= MOST_TEXT_BYTES ? text : `${text.slice(0, MOST_TEXT_BYTES)}…`;
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(16)}${value}`;
}
