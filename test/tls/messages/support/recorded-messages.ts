import type { HandshakeMessage } from "../../../../src/tls/messages/handshake-message.ts";
import { parseHandshakeMessage } from "../../../../src/tls/messages/handshake-message.ts";
import { tlsVersion, type TlsVersion } from "../../../../src/tls/code-points/code-points-version.ts";
import { HandshakeReader } from "../../../../src/tls/records/handshake-reader.ts";
import { RecordReader, type TlsRecord } from "../../../../src/tls/records/record-reader.ts";
import { DecodedConnection } from "../../support/decoded-connection.ts";
import type { RecordedConnection } from "../../support/recorded-connection.ts";

const HANDSHAKE = 22;

/** A message of a handshake as it was sent, and as we read it. */
export interface SentMessage {
  readonly from: "client" | "server";
  readonly body: Uint8Array;
  readonly version: TlsVersion;
  readonly cipherSuite: number;
  readonly parsed: HandshakeMessage;
}

/** Every handshake message of the connection, the encrypted ones too, in the order in which they went. */
export function sentMessages(connection: RecordedConnection): readonly SentMessage[] {
  const { opened } = new DecodedConnection(connection);
  const openedBy = {
    client: opened.filter(({ from }) => from === "client").values(),
    server: opened.filter(({ from }) => from === "server").values(),
  };
  const next = { client: openedBy.client.next().value, server: openedBy.server.next().value };
  const records = { client: new RecordReader(), server: new RecordReader() };
  const messages = { client: new HandshakeReader(), server: new HandshakeReader() };
  const sent: SentMessage[] = [];
  let version: TlsVersion = "TLSv1.2";
  let cipherSuite = 0;
  const plaintext = (from: "client" | "server", record: TlsRecord): { type: number; content: Uint8Array } => {
    const candidate = next[from];
    if (candidate === undefined || !Buffer.from(record.fragment).equals(candidate.record.fragment))
      return { type: record.type, content: record.fragment };
    next[from] = openedBy[from].next().value;
    return candidate;
  };
  for (const { from, bytes } of connection.chunks)
    for (const record of records[from].read(bytes)) {
      const { type, content } = plaintext(from, record);
      if (type !== HANDSHAKE) continue;
      for (const frame of messages[from].read(content)) {
        const parsed = parseHandshakeMessage(frame.type, frame.body, { version, cipherSuite });
        if (parsed.name === "server_hello") {
          version = tlsVersion(parsed.message.version) ?? version;
          ({ cipherSuite } = parsed.message);
        }
        sent.push({ from, body: frame.body, version, cipherSuite, parsed });
      }
    }
  return sent;
}
