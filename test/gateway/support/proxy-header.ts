import { createConnection, type Socket } from "node:net";
import { once } from "node:events";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { TestIdentity } from "../../guard/support/identities.ts";

/** A header of version 2 for TCP over IPv4, with whatever TLVs. */
export function headerV2(source: string, port: number, tlvs: Uint8Array = new Uint8Array()): Buffer {
  const addresses = Buffer.from([
    ...source.split(".").map(Number),
    203,
    0,
    113,
    9,
    port >> 8,
    port & 255,
    1,
    187,
  ]);
  return rawV2(0x21, 0x11, Buffer.concat([addresses, tlvs]));
}

/** A header of version 2 as the bytes say. */
export function rawV2(command: number, family: number, rest: Uint8Array): Buffer {
  const head = Buffer.from("0d0a0d0a000d0a515549540a00000000", "hex");
  head[12] = command;
  head[13] = family;
  head.writeUInt16BE(rest.length, 14);
  return Buffer.concat([head, rest]);
}

interface WithHeaderOptions extends ConnectionOptions {
  /** Sends the header byte by byte. */
  readonly split?: boolean;
}

/** Connects, says something first, and then does the handshake. */
export async function connectWithHeader(
  port: number,
  header: Uint8Array | string,
  identity: TestIdentity | undefined,
  { split = false, ...options }: WithHeaderOptions = {},
): Promise<TLSSocket> {
  const raw: Socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
  await once(raw, "connect");
  const bytes = Buffer.from(header);
  if (split)
    for (const byte of bytes)
      await new Promise<void>((resolve) => raw.write(Uint8Array.of(byte), () => resolve()));
  else raw.write(bytes);
  const socket = connectTls({
    socket: raw,
    rejectUnauthorized: false,
    ...(identity && { key: identity.key, cert: identity.cert }),
    ...options,
  });
  await once(socket, "secureConnect");
  return socket;
}

/** Decodes TLVs into a map by type. */
export function tlvsOf(bytes: Buffer): Map<number, Buffer> {
  const tlvs = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt16BE(at + 1);
    tlvs.set(bytes.readUInt8(at), bytes.subarray(at + 3, at + 3 + length));
    at += 3 + length;
  }
  return tlvs;
}
