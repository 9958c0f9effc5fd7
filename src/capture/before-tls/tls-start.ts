import type { Sender } from "../../tls/records/sender.ts";

const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
/** With the most that a cipher may add in TLS 1.2. */
const MAX_FRAGMENT = 2 ** 14 + 2048;
/** What a hello needs up to its version. */
const HELLO_BYTES = 11;

/** Whether bytes that nothing came before are a record: no protocol that is known here begins so. RFC 8446 §5.1. */
export function isRecordStart(bytes: Uint8Array): boolean {
  const [type = 0, major = 3] = bytes;
  return type >= CHANGE_CIPHER_SPEC && type <= APPLICATION_DATA && major === 3;
}

/** Whether bytes in the middle of something else are a hello; undefined when too few are there to tell. */
export function isHelloRecord(bytes: Uint8Array, sender: Sender): boolean | undefined {
  if (bytes[0] !== HANDSHAKE) return false;
  if (bytes.length < HELLO_BYTES) return bytes[1] === undefined || bytes[1] === 3 ? undefined : false;
  const [, major = 0, minor = 0, , , type = 0, , , , helloMajor = 0, helloMinor = 0] = bytes;
  const fragment = uint16(bytes, 3);
  const message = ((bytes[6] ?? 0) << 16) | uint16(bytes, 7);
  const isRecord = major === 3 && minor <= 4 && fragment >= 4 && fragment <= MAX_FRAGMENT;
  const isHello = type === (sender === "client" ? CLIENT_HELLO : SERVER_HELLO);
  return isRecord && isHello && message >= 38 && message < 2 ** 17 && helloMajor === 3 && helloMinor <= 4;
}

/** Whether these bytes are an alert in the clear and nothing else. */
export function isAlertRecord(bytes: Uint8Array): boolean {
  const [type, major, , , , level = 0] = bytes;
  return (
    type === ALERT &&
    major === 3 &&
    bytes.length === 7 &&
    uint16(bytes, 3) === 2 &&
    (level === 1 || level === 2)
  );
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
