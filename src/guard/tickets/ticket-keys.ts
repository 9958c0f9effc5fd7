/**
 * Where the keys come from that seal a server's session tickets, for servers that resume each other's clients. A
 * ticket remembers how its client was verified: servers that verify differently must not share keys.
 */
export interface TicketKeys {
  /** 48 bytes, as `tls.Server.setTicketKeys` takes them; a ticket of others leads to a full handshake. */
  readonly current: Uint8Array;
  /** Whether servers that may have given out tickets are gone, and with them whom they gave them to. */
  readonly holdersUnknown: boolean;
  /** Changes `current` before it returns: no ticket that exists now is good afterwards. */
  renew(): void;
  /** Calls back after `current` changed. Returns how to stop. */
  onChange(listener: () => void): () => void;
}
