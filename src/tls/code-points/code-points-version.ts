import { CodePoints, isGrease } from "./code-points.ts";

/** A version as Node names it. */
export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** Whose grammar handshake messages have. */
export type HandshakeVersion = TlsVersion | "SSLv3";

/** RFC 6101 §5.6.1.1. */
export const SSL_3: number = 0x0300;

/** RFC 5246 §E.2. */
export const SSL_2: number = 0x0002;

/** RFC 8446 §4.2.1, RFC 5246 §E, RFC 6101 §5.6.1.1, RFC 9147 §5.3; named as Node names them. */
export const VERSIONS: CodePoints = new CodePoints(
  {
    SSLv2: 0x0002,
    SSLv3: 0x0300,
    TLSv1: 0x0301,
    "TLSv1.1": 0x0302,
    "TLSv1.2": 0x0303,
    "TLSv1.3": 0x0304,
    DTLSv1: 0xfeff,
    "DTLSv1.2": 0xfefd,
    "DTLSv1.3": 0xfefc,
  },
  isGrease,
);

/** The version behind a number, undefined for what is not TLS 1.0 to 1.3. */
export function tlsVersion(code: number): TlsVersion | undefined {
  switch (code) {
    case 0x0301:
      return "TLSv1";
    case 0x0302:
      return "TLSv1.1";
    case 0x0303:
      return "TLSv1.2";
    case 0x0304:
      return "TLSv1.3";
    default:
      return undefined;
  }
}

/** Whether messages name the algorithm of their signatures: since TLS 1.2 (RFC 5246 §4.7). */
export function namesSignatureAlgorithm(version: HandshakeVersion): boolean {
  return version === "TLSv1.2" || version === "TLSv1.3";
}

/** As it is called, for people: `TLS 1.0`, or `unknown version 0x0305`. */
export function describeVersion(code: number): string {
  const name = VERSIONS.name(code);
  const unknown = `unknown version 0x${code.toString(16).padStart(4, "0")}`;
  return name === null ? unknown : (spellVersion(name) ?? name);
}

/** `TLSv1.3` as OpenSSL's programs write it, `TLS 1.3`. */
export function spellVersion(version: string): string | undefined {
  const [, protocol, number] = /^(SSL|TLS|DTLS)v([\d.]+)$/.exec(version) ?? [];
  if (protocol === undefined || number === undefined || version === "SSLv2") return undefined;
  return `${protocol} ${number.includes(".") ? number : `${number}.0`}`;
}
