import { nameText } from "../../../explain/certificates/distinguished-name.ts";
import {
  readBareKey,
  readShownCertificate,
  type ShownCertificate,
} from "../../../explain/certificates/shown-certificate.ts";
import { toKeyId } from "../../../trust/naming/key-id.ts";
import { escapeText } from "../../../trust/naming/peer-name.ts";
import { listLines } from "./text-layout.ts";

/** Whose it is, for whom, how long, and with which key: of a certificate that anybody showed. */
export function certificateLines(der: Uint8Array): readonly string[] {
  const shown = readShownCertificate(der);
  if (shown === undefined) return bareKeyLines(der);
  const { subject, issuer, key, pin, isSelfSigned, signature } = shown;
  const by = isSelfSigned ? "signed by itself" : `signed by ${orNobody(nameText(issuer))}`;
  return [
    orNobody(nameText(subject)),
    ...namesOf(shown),
    `valid from ${day(shown.notBefore)} to ${day(shown.notAfter)}`,
    `key ${toKeyId(pin)}, ${key.name}`,
    `${by}, ${signature}`,
  ];
}

function bareKeyLines(spki: Uint8Array): readonly string[] {
  const bare = readBareKey(spki);
  if (bare === undefined) return ["cannot be read"];
  return ["a bare public key", `key ${toKeyId(bare.pin)}, ${bare.key.name}`];
}

function namesOf({ dnsNames, ipAddresses }: ShownCertificate): readonly string[] {
  const names = [...dnsNames.map((name) => escapeText(name)), ...ipAddresses.map(ipText)];
  const [first, ...rest] = listLines(names);
  return first === undefined ? [] : [`for ${first}`, ...rest];
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups =
    Buffer.from(bytes)
      .toString("hex")
      .match(/.{1,4}/g) ?? [];
  return groups.join(":");
}

function orNobody(name: string): string {
  return name === "" ? "nobody (an empty name)" : name;
}

function day(timeMs: number | undefined): string {
  return timeMs === undefined || Number.isNaN(timeMs) ? "?" : new Date(timeMs).toISOString().slice(0, 10);
}
