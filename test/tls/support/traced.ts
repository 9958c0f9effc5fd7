import type { TraceMessage } from "../../../src/tls/observer/trace-message.ts";

/** Some message of that type. */
export function traced(
  contentType: number,
  messageType: number | null,
  more: Partial<TraceMessage> = {},
): TraceMessage {
  return {
    connection: "c1",
    time: 0,
    direction: "read",
    version: "TLSv1.3",
    contentType,
    messageType,
    data: Uint8Array.of(1, 2),
    ...more,
  };
}
