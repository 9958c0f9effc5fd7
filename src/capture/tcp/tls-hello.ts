import type { Sender } from "../../tls/records/sender.ts";

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;

/** Who sent bytes that begin like a record with a ClientHello or ServerHello. RFC 8446 §4 and §5.1. */
export function helloOf(bytes: Uint8Array): Sender | undefined {
  if (bytes[0] !== HANDSHAKE_RECORD || bytes[1] !== 3) return undefined;
  if (bytes[5] === CLIENT_HELLO) return "client";
  return bytes[5] === SERVER_HELLO ? "server" : undefined;
}
