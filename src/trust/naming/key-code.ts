import { HandclaspError } from "../../errors.ts";
import type { KeyPin } from "../records/key-record.ts";
import { toKeyPin, toPinBytes } from "./key-pin.ts";

/** What a client shows to be scanned: which key it has, and which one it saw the server have. */
export interface KeyCode {
  readonly serverPin: KeyPin;
  readonly pin: KeyPin;
}

const PREFIX = "hck1.";
const PIN_BYTES = 32;
/** 64 bytes are 85 characters and one that carries four unused bits, which have to be zero. */
const CANONICAL = /^[\w-]{85}[AQgw]$/;

/** One string: `hck1.` and base64url (RFC 4648 §5) of the 32 bytes of the server's pin and those of the client's. */
export function encodeKeyCode({ serverPin, pin }: KeyCode): string {
  return PREFIX + Buffer.concat([bytesOf(serverPin), bytesOf(pin)]).toString("base64url");
}

/** Reads a key code; white space around and inside is forgiven. Throws ERR_HANDCLASP_MALFORMED. */
export function parseKeyCode(text: string): KeyCode {
  const compact = text.replaceAll(/\s+/g, "");
  if (!compact.startsWith("hck")) throw malformed(`it does not begin with ${PREFIX}`);
  if (!compact.startsWith(PREFIX)) throw malformed("it is of a version that this handclasp does not know");
  const encoded = compact.slice(PREFIX.length);
  if (!CANONICAL.test(encoded)) throw malformed("a character is missing or wrong");
  const bytes = Buffer.from(encoded, "base64url");
  return { serverPin: toKeyPin(bytes.subarray(0, PIN_BYTES)), pin: toKeyPin(bytes.subarray(PIN_BYTES)) };
}

function bytesOf(pin: KeyPin): Uint8Array {
  const bytes = toPinBytes(pin);
  if (bytes === undefined) throw new HandclaspError("ERR_HANDCLASP_MALFORMED", "this is not a key pin");
  return bytes;
}

function malformed(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_MALFORMED", `this is no key code: ${problem}`, {
    hint: `scan or copy it again, from ${PREFIX} to its end`,
  });
}
