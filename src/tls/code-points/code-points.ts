import { ALERTS } from "./alert.ts";

/** A number of an IANA registry and its name, null for one that the registry or this list does not have. */
export interface CodePoint {
  readonly code: number;
  readonly name: string | null;
}

/** A registry to look up both ways; names are IANA's. GREASE values (RFC 8701 §2) are named "GREASE". */
export class CodePoints {
  readonly #names: ReadonlyMap<number, string>;
  readonly #codes: ReadonlyMap<string, number>;
  readonly #isGrease: (code: number) => boolean;

  constructor(codes: Readonly<Record<string, number>>, greaseTest: (code: number) => boolean = () => false) {
    this.#codes = new Map(Object.entries(codes));
    this.#names = new Map(Object.entries(codes).map(([name, code]) => [code, name]));
    this.#isGrease = greaseTest;
  }

  name(code: number): string | null {
    return this.#names.get(code) ?? (this.#isGrease(code) ? "GREASE" : null);
  }

  code(name: string): number | undefined {
    return this.#codes.get(name);
  }

  of(code: number): CodePoint {
    return { code, name: this.name(code) };
  }

  /** Every code point with a name, GREASE apart. */
  list(): readonly CodePoint[] {
    return Array.from(this.#names, ([code, name]) => ({ code, name }));
  }
}

/** A two-byte value that clients send so that servers keep ignoring what they do not know. RFC 8701 §2. */
export function isGrease(code: number): boolean {
  return (code & 0x0f0f) === 0x0a0a && code >> 8 === (code & 0xff);
}

/** The one-byte GREASE values, of PskKeyExchangeModes. RFC 8701 §2. */
export function isGreaseByte(code: number): boolean {
  return code <= 0xff && code % 0x1f === 0x0b;
}

/** RFC 8446 §5.1, RFC 6520 §3, RFC 9146 §3, RFC 9147 §4. */
export const CONTENT_TYPES: CodePoints = new CodePoints({
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
  heartbeat: 24,
  tls12_cid: 25,
  ACK: 26,
});

/** RFC 8446 §6. */
export const ALERT_DESCRIPTIONS: CodePoints = new CodePoints(ALERTS);

/** RFC 8446 §6. */
export const ALERT_LEVELS: CodePoints = new CodePoints({ warning: 1, fatal: 2 });

/** RFC 8446 §4, RFC 5246 §7.4, RFC 6066 §5 and §8, RFC 4680, RFC 8879; IANA, with the numbers gone by. */
export const HANDSHAKE_TYPE = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  hello_verify_request: 3,
  new_session_ticket: 4,
  end_of_early_data: 5,
  hello_retry_request: 6,
  encrypted_extensions: 8,
  request_connection_id: 9,
  new_connection_id: 10,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  client_certificate_request: 17,
  finished: 20,
  certificate_url: 21,
  certificate_status: 22,
  supplemental_data: 23,
  key_update: 24,
  compressed_certificate: 25,
  ekt_key: 26,
  next_proto: 67,
  message_hash: 254,
} as const;

/** RFC 8446 §4, RFC 5246 §7.4. */
export const HANDSHAKE_TYPES: CodePoints = new CodePoints(HANDSHAKE_TYPE);

/** RFC 8446 §4.2.9. */
export const PSK_KEY_EXCHANGE_MODES: CodePoints = new CodePoints({ psk_ke: 0, psk_dhe_ke: 1 }, isGreaseByte);

/** RFC 8879 §3. */
export const CERTIFICATE_COMPRESSION_ALGORITHM = { zlib: 1, brotli: 2, zstd: 3 } as const;

/** RFC 8879 §3. */
export const CERTIFICATE_COMPRESSION_ALGORITHMS: CodePoints = new CodePoints(
  CERTIFICATE_COMPRESSION_ALGORITHM,
  isGrease,
);

/** What a CertificateRequest of TLS 1.2 asks for. RFC 5246 §7.4.4, RFC 8422 §5.5. */
export const CLIENT_CERTIFICATE_TYPES: CodePoints = new CodePoints({
  rsa_sign: 1,
  dss_sign: 2,
  rsa_fixed_dh: 3,
  dss_fixed_dh: 4,
  rsa_ephemeral_dh_RESERVED: 5,
  dss_ephemeral_dh_RESERVED: 6,
  fortezza_dms_RESERVED: 20,
  ecdsa_sign: 64,
  rsa_fixed_ecdh: 65,
  ecdsa_fixed_ecdh: 66,
  gost_sign256: 67,
  gost_sign512: 68,
});

/** What a Certificate message holds. RFC 7250 §3, RFC 6091 §3.1, RFC 8902 §3. */
export const CERTIFICATE_TYPE = { X509: 0, OpenPGP: 1, RawPublicKey: 2, "1609Dot2": 3 } as const;

/** RFC 7250 §3, RFC 6091 §3.1, RFC 8902 §3. */
export const CERTIFICATE_TYPES: CodePoints = new CodePoints(CERTIFICATE_TYPE);

/** RFC 6066 §8, RFC 6961 §2.2. */
export const CERTIFICATE_STATUS_TYPES: CodePoints = new CodePoints({ ocsp: 1, ocsp_multi_RESERVED: 2 });
