import { Command } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { type ShownCertificate, type ShownKey, toShownKey } from "../../operator/shown-key.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { parseKeyReference } from "../../trust/naming/key-reference.ts";
import { chooseKeys } from "../../trust/naming/resolve-keys.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { print, printJson, showTime } from "../terminal/output.ts";
import { columnsOf } from "../terminal/prose.ts";
import { showEvent } from "./show-event.ts";
import { showFrom, showPeer } from "../lists/print-keys.ts";

/** Of events and refusals, for people. */
const LATEST_SHOWN = 10;
const MOST_TEXT_BYTES = 2000;
const INDENT = "  ";

interface Options {
  readonly pem?: true;
  readonly store: StoreUrl;
  readonly json?: true;
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
    async (store) => {
      const reference = parseKeyReference(text);
      const keys = chooseKeys(reference, await store.keysMeantBy(reference), "show");
      const options = { now: Date.now(), pem: pem === true, ...(json !== true && { most: LATEST_SHOWN }) };
      const shown = await Promise.all(keys.map((key) => toShownKey(store, key, options)));
      const width = columnsOf(process.stdout);
      if (json === true) printJson(shown);
      else print(keys.map((key, at) => describe(key, shown[at], width)).join("\n\n"));
    },
    { reads: true },
  );
}

function describe(key: KeyRecord, shown: ShownKey | undefined, width: number): string {
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
    field("last seen", shown.lastSeen === null ? "-" : showTime(Date.parse(shown.lastSeen))),
    ...(key.expires === null ? [] : [field("expires", showTime(key.expires))]),
    ...(key.note === null ? [] : key.note.split("\n").map((line) => field("note", escapeText(line, 4000)))),
    ...(key.staleSeen
      ? [field("warning", `it showed up after it was ${key.state}: it may have been stolen`)]
      : []),
    ...certificates.flatMap(describeShownCertificate),
    ...(refusals.length === 0 ? [] : ["refused"]),
    ...refusals.map(({ reason, detail, address, listener, machine, lastAt, count }) => {
      return `  ${lastAt ?? "-"}  ${escapeText(detail === null ? reason : `${reason} (${detail})`)}  from ${showFrom(address, listener, machine ?? undefined)}${count > 1 ? `  ${count} times` : ""}`;
    }),
    ...(events.length === 0 ? [] : ["events"]),
    ...events.flatMap((event) => indented(showEvent({ ...event, pin: null }, width - INDENT.length))),
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

function indented(lines: string): readonly string[] {
  return lines.split("\n").map((line) => `${INDENT}${line}`);
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(16)}${value}`;
}
