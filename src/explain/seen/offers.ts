import { isGrease } from "../../tls/code-points/code-points.ts";
import { CIPHER_SUITE_NAMES } from "../../tls/code-points/code-points-cipher-suites.ts";
import { NAMED_GROUPS } from "../../tls/code-points/code-points-named-groups.ts";
import { SIGNATURE_SCHEMES } from "../../tls/code-points/code-points-signature-schemes.ts";
import { VERSIONS } from "../../tls/code-points/code-points-version.ts";
import type { ClientHello } from "../../tls/messages/hello/client-hello.ts";

const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;
/** No suites: RFC 5746 §3.3, RFC 7507 §4. */
const SIGNALLING: ReadonlySet<number> = new Set([0x00ff, 0x5600]);
const MOST_NAMES = 8;

/** The versions that a client offers, the way it orders them. */
export function versionsOf({ supportedVersions, legacyVersion }: ClientHello): readonly number[] {
  return (supportedVersions ?? [legacyVersion]).filter((code) => !isGrease(code));
}

export function suitesOf({ cipherSuites }: ClientHello): readonly number[] {
  return cipherSuites.filter((code) => !SIGNALLING.has(code) && !isGrease(code));
}

export function groupsOf({ supportedGroups = [] }: ClientHello): readonly number[] {
  return supportedGroups.filter((code) => !isGrease(code));
}

export function algorithmsOf({ signatureAlgorithms = [] }: ClientHello): readonly number[] {
  return signatureAlgorithms.filter((code) => !isGrease(code));
}

/** Whether the offer has a suite that any current server has, for keys of either kind. */
export function offersUsualSuites(hello: ClientHello): boolean {
  const names = suitesOf(hello).map((code) => CIPHER_SUITE_NAMES.name(code) ?? "");
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  const versions = versionsOf(hello);
  const modern = has(/^TLS_AES_128_GCM_SHA256$/) && has(/^TLS_AES_256_GCM_SHA384$/);
  const classic = has(/^TLS_ECDHE_RSA_WITH_AES_.*GCM/) && has(/^TLS_ECDHE_ECDSA_WITH_AES_.*GCM/);
  return (!versions.includes(TLS_1_3) || modern) && (!versions.includes(TLS_1_2) || classic);
}

/** Whether the offer has both groups that everybody has. */
export function offersUsualGroups(hello: ClientHello): boolean {
  const groups = groupsOf(hello).map((code) => NAMED_GROUPS.name(code));
  return groups.includes("x25519") && groups.includes("secp256r1");
}

/** Whether the offer has what RSA and P-256 keys sign with. */
export function offersUsualAlgorithms(hello: ClientHello): boolean {
  const names = algorithmsOf(hello).map((code) => SIGNATURE_SCHEMES.name(code));
  return ["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"].every((name) =>
    names.includes(name),
  );
}

export function nameVersions(codes: readonly number[]): string {
  return named(codes, (code) => VERSIONS.name(code));
}

export function nameSuites(codes: readonly number[]): string {
  return named(codes, (code) => CIPHER_SUITE_NAMES.name(code));
}

export function nameGroups(codes: readonly number[]): string {
  return named(codes, (code) => NAMED_GROUPS.name(code));
}

export function nameAlgorithms(codes: readonly number[]): string {
  return named(codes, (code) => SIGNATURE_SCHEMES.name(code));
}

function named(codes: readonly number[], nameOf: (code: number) => string | null): string {
  const names = codes.map((code) => nameOf(code) ?? `0x${code.toString(16).padStart(4, "0")}`);
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return names.length === 0 ? "none" : `${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}
