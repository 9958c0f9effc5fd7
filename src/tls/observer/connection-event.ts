import type { KeyLogEntry } from "../keys/key-log.ts";
import type { Sender } from "../records/sender.ts";

/**
 * Why nothing more comes: both sides sent FIN, one sent RST, the ports began another connection, too many
 * connections were open at once, or the capture ends.
 */
export type CloseReason = "finished" | "reset" | "replaced" | "evicted" | "end-of-capture";

/** What happens on one connection: a live one speaks as one in a capture does, but that it has no packets. */
export type ConnectionEvent = {
  /** Milliseconds since 1970; undefined where nobody wrote it down. */
  readonly timeMs?: number | undefined;
  /** The packet that brought it, counted from 1 over the capture. */
  readonly packet?: number;
} & (
  | { readonly kind: "open" }
  /** The next bytes of this sender, never changed afterwards. */
  | { readonly kind: "data"; readonly sender: Sender; readonly bytes: Uint8Array }
  /** So many bytes of this sender are lacking here. */
  | { readonly kind: "gap"; readonly sender: Sender; readonly length: number }
  /** FIN: nothing more is sent. */
  | { readonly kind: "finish"; readonly sender: Sender }
  /** RST; what was under way may still follow. */
  | { readonly kind: "reset"; readonly sender: Sender }
  /** A secret of this connection is known from now on. */
  | { readonly kind: "secret"; readonly entry: KeyLogEntry }
  | { readonly kind: "close"; readonly reason: CloseReason }
);

/** Told what happens on one connection. */
export type ConnectionListener = (event: ConnectionEvent) => void;
