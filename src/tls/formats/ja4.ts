import { createHash } from "node:crypto";
import { isGrease } from "../code-points/code-points.ts";
import { EXTENSION_TYPE } from "../code-points/code-points-extensions.ts";
import type { ClientHello } from "../messages/hello/client-hello.ts";

/** What stands for the hash of an empty list. */
const EMPTY_HASH = "000000000000";
const HASH_LENGTH = 12;
const MAX_COUNT = 99;

/**
 * JA4, FoxIO's fingerprint of the client software, for TLS over TCP: what it can do, then hashes of its cipher
 * suites and of its extensions and signature algorithms. The order of suites and extensions makes no difference.
 * https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md
 */
export function ja4(hello: ClientHello): string {
  const suites = suiteList(hello);
  const extensions = identifyingTypes(hello).length === 0 ? "" : extensionList(hello);
  return `${ja4Prefix(hello)}_${hash(suites)}_${hash(extensions)}`;
}

/** JA4 before it is hashed (`JA4_r`), for people who want to know what differs. */
export function ja4Raw(hello: ClientHello): string {
  return `${ja4Prefix(hello)}_${suiteList(hello)}_${extensionList(hello)}`;
}

function ja4Prefix(hello: ClientHello): string {
  const extensions = typesWithoutGrease(hello);
  const sni = extensions.includes(EXTENSION_TYPE.server_name) ? "d" : "i";
  const counts = count(withoutGrease(hello.cipherSuites)) + count(extensions);
  return `t${versionOf(hello)}${sni}${counts}${alpnOf(hello)}`;
}

/** By the highest version that is offered. */
const VERSION_CODES: ReadonlyMap<number, string> = new Map([
  [0x0304, "13"],
  [0x0303, "12"],
  [0x0302, "11"],
  [0x0301, "10"],
  [0x0300, "s3"],
  [0x0002, "s2"],
]);

function versionOf({ supportedVersions, legacyVersion }: ClientHello): string {
  const offered = withoutGrease(supportedVersions ?? []);
  const highest = offered.length === 0 ? legacyVersion : Math.max(...offered);
  return VERSION_CODES.get(highest) ?? "00";
}

/** The first and last character of the first protocol; of its hex when one of them is no letter or digit. */
function alpnOf({ alpnProtocols }: ClientHello): string {
  const first = alpnProtocols?.[0];
  if (first === undefined || first === "") return "00";
  const shown = /^[0-9A-Za-z](?:.*[0-9A-Za-z])?$/s.test(first)
    ? first
    : Buffer.from(first, "latin1").toString("hex");
  return `${shown.at(0)}${shown.at(-1)}`;
}

function suiteList(hello: ClientHello): string {
  return join(sorted(withoutGrease(hello.cipherSuites)));
}

function extensionList(hello: ClientHello): string {
  const types = join(sorted(identifyingTypes(hello)));
  const algorithms = withoutGrease(hello.signatureAlgorithms ?? []);
  return algorithms.length === 0 ? types : `${types}_${join(algorithms)}`;
}

/** Server name and ALPN are counted, but left out here: they say where the client goes, not what it is. */
function identifyingTypes(hello: ClientHello): readonly number[] {
  return typesWithoutGrease(hello).filter(
    (type) =>
      type !== EXTENSION_TYPE.server_name && type !== EXTENSION_TYPE.application_layer_protocol_negotiation,
  );
}

function typesWithoutGrease(hello: ClientHello): readonly number[] {
  return withoutGrease(hello.extensions.map(({ type }) => type));
}

function withoutGrease(codes: readonly number[]): readonly number[] {
  return codes.filter((code) => !isGrease(code));
}

function sorted(codes: readonly number[]): readonly number[] {
  return codes.toSorted((a, b) => a - b);
}

function join(codes: readonly number[]): string {
  return codes.map((code) => code.toString(16).padStart(4, "0")).join(",");
}

function count(codes: readonly number[]): string {
  return String(Math.min(codes.length, MAX_COUNT)).padStart(2, "0");
}

function hash(list: string): string {
  return list === "" ? EMPTY_HASH : createHash("sha256").update(list).digest("hex").slice(0, HASH_LENGTH);
}
