import type { KeyPin } from "../records/key-record.ts";

const PREFIX = "sha256:";
/** 32 bytes are 43 characters and a pad; the last one carries two unused bits, which have to be zero. */
const CANONICAL_PIN = /^sha256:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const MEANT_AS_PIN = /^\s*(?:sha-?256\s*(?::|\/\/)|[a-z0-9+/]{43}=\s*$)/i;

/** The pin, if the text is `sha256:` and the canonical base64 of 32 bytes: one pin has one spelling. */
export function parseKeyPin(text: string): KeyPin | undefined {
  return isKeyPin(text) ? text : undefined;
}

/** Whether somebody means a pin by this, well-formed or not: `sha256:`, `SHA256:`, `sha256//`, bare base64. */
export function looksLikeKeyPin(text: string): boolean {
  return MEANT_AS_PIN.test(text);
}

/** The SHA-256 of a certificate as 64 lower-case hex digits; colons, case and outer spaces are forgiven. */
export function parseFingerprint(text: string): string | undefined {
  const digits = text.trim().replaceAll(":", "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}

/** The pin for the 32 bytes of a SHA-256. */
export function toKeyPin(hash: Uint8Array): KeyPin {
  return `${PREFIX}${Buffer.from(hash).toString("base64")}`;
}

/** The 32 bytes of a pin; undefined when it is not in canonical form. */
export function toPinBytes(pin: string): Uint8Array | undefined {
  return isKeyPin(pin) ? Buffer.from(pin.slice(PREFIX.length), "base64") : undefined;
}

/** Whether all of it are lower-case hex digits. */
export function isHex(text: string): boolean {
  let all = 1;
  // A table instead of a pattern, which would take five times as long: each change of a log has some hundreds of them.
  for (let at = 0; at < text.length; at++) all &= HEX_DIGITS[text.charCodeAt(at)] ?? 0;
  return all === 1;
}

const HEX_DIGITS = Uint8Array.from({ length: 0x80 }, (_, code) =>
  "0123456789abcdef".includes(String.fromCharCode(code)) ? 1 : 0,
);

function isKeyPin(text: string): text is KeyPin {
  return CANONICAL_PIN.test(text);
}
