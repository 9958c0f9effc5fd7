import { CIPHER_SUITE_NAMES } from "../../code-points/code-points-cipher-suites.ts";

/** How keys are agreed on until TLS 1.2, as a suite's name tells. RFC 5246 §7.4.3, RFC 8422 §2, RFC 4279. */
export interface KeyExchange {
  readonly method: "rsa" | "dhe" | "ecdhe" | "psk" | "other";
  /** Whether a pre-shared key takes part, and its identity comes first in the messages. */
  readonly psk: boolean;
  /** Whether the server signs what it sends. */
  readonly signed: boolean;
}

const OTHER: KeyExchange = { method: "other", psk: false, signed: false };

/** By the words between TLS_ and _WITH_. */
const KEY_EXCHANGES: ReadonlyMap<string, KeyExchange> = new Map<string, KeyExchange>([
  ["RSA", { method: "rsa", psk: false, signed: false }],
  ["DHE_RSA", { method: "dhe", psk: false, signed: true }],
  ["DHE_DSS", { method: "dhe", psk: false, signed: true }],
  ["DH_anon", { method: "dhe", psk: false, signed: false }],
  ["ECDHE_RSA", { method: "ecdhe", psk: false, signed: true }],
  ["ECDHE_ECDSA", { method: "ecdhe", psk: false, signed: true }],
  ["ECDH_anon", { method: "ecdhe", psk: false, signed: false }],
  ["PSK", { method: "psk", psk: true, signed: false }],
  ["RSA_PSK", { method: "rsa", psk: true, signed: false }],
  ["DHE_PSK", { method: "dhe", psk: true, signed: false }],
  ["PSK_DHE", { method: "dhe", psk: true, signed: false }],
  ["ECDHE_PSK", { method: "ecdhe", psk: true, signed: false }],
]);

/** Of a suite of TLS 1.2 or before; `other` for one that is not known or has parameters of its own. */
export function keyExchangeOf(cipherSuite: number | undefined): KeyExchange {
  const name = cipherSuite === undefined ? null : CIPHER_SUITE_NAMES.name(cipherSuite);
  const words = name === null ? undefined : /^TLS_(.+)_WITH_/.exec(name)?.[1];
  return (words === undefined ? undefined : KEY_EXCHANGES.get(words)) ?? OTHER;
}
