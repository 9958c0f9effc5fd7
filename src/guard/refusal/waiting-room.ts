import type { TLSSocket } from "node:tls";
import type { TrustChanges } from "../../trust/happenings/trust-changes.ts";
import type { RefusalReason, Refuse } from "../../trust/records/verdict.ts";
import type { KeyPin } from "../../x509/certificate-facts.ts";
import { Deadlines } from "../arrivals/deadlines.ts";
import type { BoundHandshake, Handshake } from "../connection/handshake.ts";

/** A client whose key waits for approval. TLS proved that it has the key; nobody said yet whose it is. */
export interface PendingClient {
  readonly pin: KeyPin;
  /** What it claims to be called. Safe to print; not its name. */
  readonly claimedName: string | null;
  /** The connection's id, as in logs. */
  readonly connection: string;
}

/** Receives the connection of a pending client, which nobody else sees. */
export type ReceivePending = (socket: TLSSocket, client: PendingClient) => void;

/** A client that is refused. TLS proved that it has the key. */
export interface RefusedClient extends PendingClient {
  readonly reason: RefusalReason;
}

/** Receives the connection of a client that is refused, which nobody else sees. */
export type ReceiveRefused = (socket: TLSSocket, client: RefusedClient) => void;

/** Who receives whom. */
export interface Receivers {
  readonly pending: ReceivePending | undefined;
  /** Pending ones too. */
  readonly refused: ReceiveRefused | undefined;
}

const MOST = 256;
const FOR_MS = 15_000;

/**
 * Connections of clients that are told over TLS why they may not come in. Few, for a short time, and none is there any more
 * when something changes about its key: the next connection is judged anew.
 */
export class WaitingRoom {
  readonly #receivers: Receivers;
  readonly #onFailed: (error: unknown, handshake: Handshake) => void;
  readonly #deadlines = new Deadlines(MOST, FOR_MS);
  readonly #pins = new Map<Handshake, KeyPin>();

  /** `onFailed` is told of what the receiver throws; the connection is ended then. */
  constructor(receivers: Receivers, onFailed: (error: unknown, handshake: Handshake) => void) {
    this.#receivers = receivers;
    this.#onFailed = onFailed;
  }

  /** Says whether the client is one for here, and was received. */
  enter(handshake: BoundHandshake, { reason, pin, peer }: Refuse): boolean {
    const { socket } = handshake;
    const { pending, refused } = this.#receivers;
    const receive = refused ?? (reason === "pending" ? pending : undefined);
    if (receive === undefined || pin === null || socket.destroyed) return false;
    handshake.forgetSecrets();
    this.#pins.set(handshake, pin);
    this.#deadlines.add(handshake);
    try {
      receive(socket, { reason, pin, claimedName: peer, connection: handshake.id });
    } catch (error) {
      socket.destroy();
      this.#onFailed(error, handshake);
    }
    return true;
  }

  leave(handshake: Handshake): void {
    if (this.#pins.delete(handshake)) this.#deadlines.delete(handshake);
  }

  /** Sends those away whose keys changed. */
  changed(changes: TrustChanges): void {
    if (this.#pins.size === 0) return;
    for (const [{ transport }, pin] of this.#pins) if (changes.has(pin)) transport.destroy();
  }

  clear(): void {
    this.#deadlines.clear();
    this.#pins.clear();
  }
}
