/** One end of a TCP connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Who sent it. */
export type Direction = "client" | "server";

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

/**
 * Why nothing more comes: both sides sent FIN, one sent RST, the ports began another connection, too many
 * connections were open at once, or the capture ends.
 */
export type CloseReason = "finished" | "reset" | "replaced" | "evicted" | "end-of-capture";

/** When something became known: the packet that brought it, and that packet's time. */
export interface Moment {
  /** Milliseconds since 1970; undefined where the file has none. */
  readonly timeMs: number | undefined;
  /** Counted from 1 over the capture, as Wireshark counts frames. */
  readonly packet: number;
}

/** What happens on TCP connections. */
export type TcpEvent = Moment &
  (
    | { readonly kind: "open"; readonly connection: Connection }
    | {
        readonly kind: "data";
        readonly connection: Connection;
        readonly direction: Direction;
        /** The next bytes of this direction, a view of the capture when they came in order. */
        readonly bytes: Uint8Array;
      }
    | {
        readonly kind: "gap";
        readonly connection: Connection;
        readonly direction: Direction;
        /** How many bytes the capture lacks here. */
        readonly length: number;
      }
    /** FIN: this side sends nothing more. */
    | { readonly kind: "finish"; readonly connection: Connection; readonly direction: Direction }
    /** RST, sent by `direction`; what was under way may still follow. */
    | { readonly kind: "reset"; readonly connection: Connection; readonly direction: Direction }
    | { readonly kind: "close"; readonly connection: Connection; readonly reason: CloseReason }
  );
