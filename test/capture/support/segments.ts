import type { TcpEvent } from "../../../src/capture/tcp/connection.ts";
import { encodeTcpFrame, TCP_FLAG } from "../../../src/capture/recording/tcp-frame.ts";

const CLIENT = { address: Uint8Array.of(192, 0, 2, 1), port: 50_000 };
const SERVER = { address: Uint8Array.of(198, 51, 100, 7), port: 443 };

/** What a test wants to say of a segment; the rest is plain. */
export interface SegmentFields {
  readonly from?: "client" | "server";
  readonly sequence?: number;
  readonly acknowledgment?: number;
  /** Names of TCP flags. */
  readonly flags?: readonly (keyof typeof TCP_FLAG)[];
  readonly payload?: Uint8Array;
  readonly clientPort?: number;
}

/** An Ethernet frame with IPv4 and TCP. */
export function segment(fields: SegmentFields): Uint8Array {
  const { from = "client", sequence = 0, acknowledgment = 0, flags = ["ack"] } = fields;
  const client = { ...CLIENT, port: fields.clientPort ?? CLIENT.port };
  let bits = 0;
  for (const flag of flags) bits |= TCP_FLAG[flag];
  return encodeTcpFrame({
    from: from === "client" ? client : SERVER,
    to: from === "client" ? SERVER : client,
    fromClient: from === "client",
    sequence: sequence >>> 0,
    acknowledgment: acknowledgment >>> 0,
    flags: bits,
    payload: fields.payload ?? new Uint8Array(0),
  });
}

/** The bytes of one sender as text, with gaps as `[3]`. */
export function textOf(events: readonly TcpEvent[], sender: "client" | "server"): string {
  let text = "";
  for (const event of events) {
    if (event.kind === "data" && event.sender === sender) text += Buffer.from(event.bytes).toString("latin1");
    if (event.kind === "gap" && event.sender === sender) text += `[${event.length}]`;
  }
  return text;
}

/** One word an event: `open`, `client:finish`, `close:reset`. */
export function shapeOf(events: readonly TcpEvent[]): readonly string[] {
  return events.map((event) => {
    if (event.kind === "open") return "open";
    return event.kind === "close" ? `close:${event.reason}` : `${event.sender}:${event.kind}`;
  });
}
