import type { ConnectionEvent } from "../../tls/observer/connection-event.ts";

/** One end of a TCP connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Which connection an event belongs to; the same object for all events of one connection. */
export interface Connection {
  /** Counted from 1 over the capture, in the order of the first packets; ports may be used again, this is not. */
  readonly id: number;
  /** Who began with a ClientHello (an FTP server may have been called); else who sent the SYN, or has the higher port. */
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Whether the capture has the SYN: if not, bytes from before are unknown. */
  readonly fromStart: boolean;
}

/** When something became known: the packet that brought it, and that packet's time. */
export interface Moment {
  /** Milliseconds since 1970; undefined where the file has none. */
  readonly timeMs: number | undefined;
  /** Counted from 1 over the capture, as Wireshark counts frames. */
  readonly packet: number;
}

/** What happens on TCP connections; bytes are a view of the capture when they came in order. */
export type TcpEvent = Moment &
  Exclude<ConnectionEvent, { readonly kind: "secret" }> & { readonly connection: Connection };
