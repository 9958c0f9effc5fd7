import { nameContentType, nameMessageType } from "./format-names.ts";
import type { TraceMessage } from "../observer/trace-message.ts";

/** One line without its end: names as IANA has them, bytes in hex, the time in ISO 8601; a packet's number where there are packets. */
export function formatJsonl(message: TraceMessage): string {
  const { connection, time, packet, direction, version, contentType, messageType, data } = message;
  return JSON.stringify({
    connection,
    time: new Date(time).toISOString(),
    packet,
    direction,
    version,
    contentType: nameContentType(contentType),
    contentTypeCode: contentType,
    messageType: nameMessageType(message),
    messageTypeCode: messageType,
    length: data.length,
    data: Buffer.from(data.buffer, data.byteOffset, data.length).toString("hex"),
  });
}
