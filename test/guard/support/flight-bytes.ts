import { randomBytes, X509Certificate } from "node:crypto";
import net from "node:net";
import { closed } from "./closed.ts";

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const CERTIFICATE = 11;

export function record(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 3]), vector(2, content)]);
}

/** A handshake message. */
export function message(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type]), vector(3, body)]);
}

/** Handshake messages in records of so many bytes. */
export function inRecords(messages: Uint8Array, size = 16_000): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < messages.length; at += size) {
    records.push(record(HANDSHAKE, messages.subarray(at, at + size)));
  }
  return Buffer.concat(records);
}

/** What OpenSSL takes for TLS 1.2; it ends with bytes of the client's own choice. */
export function clientHello12(ownEnd: Uint8Array = Buffer.alloc(0)): Buffer {
  const extensions = [
    extension(10, Buffer.from("00020017", "hex")),
    extension(11, Buffer.from("0100", "hex")),
    extension(13, Buffer.from("0006040308040401", "hex")),
    extension(0xff01, Buffer.from("00", "hex")),
    extension(0xfafa, ownEnd),
  ];
  const body = [
    Buffer.from("0303", "hex"),
    randomBytes(32),
    Buffer.from("000004c02bc02f0100", "hex"),
    vector(2, Buffer.concat(extensions)),
  ];
  return message(CLIENT_HELLO, Buffer.concat(body));
}

/** A Certificate message of TLS 1.2. */
export function certificateMessage(pem: string): Buffer {
  const certificates = pem.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? [];
  const entries = certificates.map((each) => vector(3, new X509Certificate(each).raw));
  return message(CERTIFICATE, vector(3, Buffer.concat(entries)));
}

/** Sends bytes and waits until the server ends the connection. */
export async function sendRaw(port: number, bytes: Uint8Array): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => undefined).resume();
  socket.write(bytes);
  await closed(socket);
}

function extension(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(2, body)]);
}

function vector(lengthBytes: number, content: Uint8Array): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}
