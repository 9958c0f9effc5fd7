import type { TLSSocket } from "node:tls";
import { type AlertName, encodeFatalAlert, encodePlaintextAlert } from "../../tls/code-points/alert.ts";
import { CONTENT_TYPE } from "../../tls/code-points/content-type.ts";
import { sealRecord } from "../../tls/keys/seal-record.ts";
import type { Tls13Suite } from "../../tls/keys/tls13-suite.ts";
import { trafficKeys } from "../../tls/keys/traffic-keys.ts";
import { negotiatedSuite } from "../connection/negotiated-suite.ts";

/** What sealing an alert needs of a connection whose handshake is over. */
export interface RefusedConnection {
  readonly socket: TLSSocket;
  /** The key log line of SERVER_TRAFFIC_SECRET_0, in TLS 1.3. */
  readonly secretLine: Buffer | undefined;
  /** Bytes that went out since the handshake was over; NaN when that is not known. */
  readonly flushed: number;
}

/**
 * The record that tells the client why it is refused; undefined when none can be made. TLS 1.2 has one only as long
 * as our Finished has not gone out: not for a resumed handshake, and not for a late refusal.
 */
export function refusalRecord(connection: RefusedConnection, alert: AlertName): Uint8Array | undefined {
  const { socket, flushed } = connection;
  if (socket.getProtocol() !== "TLSv1.3") {
    return flushed === 0 && !socket.isSessionReused() ? encodePlaintextAlert(alert) : undefined;
  }
  const suite = negotiatedSuite(socket);
  if (suite === undefined || connection.secretLine === undefined) return undefined;
  const sequence = flushed === 0 ? 0 : ticketRecords(flushed, socket.getSession()?.length ?? 0, suite);
  if (sequence === undefined) return undefined;
  return sealRecord(trafficKeys(secretOf(connection.secretLine), suite), suite, {
    type: CONTENT_TYPE.alert,
    content: encodeFatalAlert(alert),
    sequence,
  });
}

/** Type and length of the record, inner content type. RFC 8446 §5.2. */
const RECORD_OVERHEAD = 5 + 1;
/** Message header, lifetime, age_add, nonce with its length, ticket and extension lengths. RFC 8446 §4.6.1. */
const TICKET_MESSAGE_OVERHEAD = 4 + 4 + 4 + (1 + 8) + 2 + 2;
/** Key name, IV and MAC around the encrypted state. RFC 5077 §4. */
const TICKET_OVERHEAD = 16 + 16 + 32;
const AES_BLOCK = 16;
/** After a full handshake OpenSSL sends two, with the same state up to a few bytes. */
const TICKETS = 2;

/**
 * How many records the session tickets went out in: usually two, more when they are larger than a record may be.
 * Each ticket holds the session, padded to AES blocks, so what is left of the bytes that went out must be the
 * overhead of that many records. Undefined when it is not: then something else went out.
 */
export function ticketRecords(flushed: number, sessionLength: number, suite: Tls13Suite): number | undefined {
  const state = sessionLength - (sessionLength % AES_BLOCK) + AES_BLOCK;
  const messages = TICKETS * (TICKET_MESSAGE_OVERHEAD + TICKET_OVERHEAD + state);
  // A DER integer that is a byte longer in one of the tickets can cost it another block.
  for (const blocks of [0, 1, -1]) {
    const records = (flushed - messages - blocks * AES_BLOCK) / (RECORD_OVERHEAD + suite.tagLength);
    if (Number.isInteger(records) && records >= TICKETS) return records;
  }
  return undefined;
}

/** The secret at the end of a key log line. RFC 9850 §2. */
function secretOf(line: Buffer): Uint8Array {
  const text = line.toString("latin1").trimEnd();
  return Buffer.from(text.slice(text.lastIndexOf(" ") + 1), "hex");
}
