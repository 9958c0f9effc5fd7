import type { RefusalAlert } from "../../trust/judging/alerts.ts";
import type { TrustChanges } from "../../trust/happenings/trust-changes.ts";
import type { Refuse } from "../../trust/records/verdict.ts";
import { Deadlines } from "../arrivals/deadlines.ts";
import type { BoundHandshake, Handshake } from "../connection/handshake.ts";
import type { Tickets } from "../tickets/tickets.ts";
import { turnAway } from "./turn-away.ts";
import { type Receivers, WaitingRoom } from "./waiting-room.ts";

const LINGER_MS = 2000;
const MAX_LINGERING = 256;

export interface DeparturesOptions {
  /** Whether refused clients are told why by an alert. */
  readonly alerts: boolean;
  /** Who gets connections of such clients instead, if anybody. */
  readonly receivers: Receivers;
  readonly tickets: Tickets;
  /** Told of what these throw. */
  readonly onFailed: (error: unknown, handshake: Handshake) => void;
}

/** How refused clients go: with an alert to read, or told over TLS why they may not come in, or at once. */
export class Departures {
  readonly #alerts: boolean;
  readonly #tickets: Tickets;
  readonly #lingering = new Deadlines(MAX_LINGERING, LINGER_MS);
  readonly #waiting: WaitingRoom | undefined;

  constructor({ alerts, receivers, tickets, onFailed }: DeparturesOptions) {
    this.#alerts = alerts;
    this.#tickets = tickets;
    const isUsed = receivers.pending !== undefined || receivers.refused !== undefined;
    this.#waiting = isUsed ? new WaitingRoom(receivers, onFailed) : undefined;
  }

  /** `sent` is what went out since the handshake, in bytes; NaN when nobody knows. Returns the alert that was sent. */
  begin(handshake: BoundHandshake, refuse: Refuse, sent: number): RefusalAlert | null {
    if (this.#waiting?.enter(handshake, refuse) === true) {
      // What goes on lives longer than this moment, and gets its ticket.
      if (refuse.pin !== null) this.#tickets.add(refuse.pin);
      return null;
    }
    this.#letShowAgain(handshake);
    const { alert, lingers } = turnAway(handshake, refuse.reason, { sent, alerts: this.#alerts });
    if (lingers) this.#lingering.add(handshake);
    return alert;
  }

  /** Its transport is closed. */
  end(handshake: Handshake): void {
    this.#lingering.delete(handshake);
    this.#waiting?.leave(handshake);
  }

  /** Ends those that wait, and whose keys changed. */
  changed(changes: TrustChanges): void {
    this.#waiting?.changed(changes);
  }

  /** Ends all of them. */
  clear(): void {
    this.#lingering.clear();
    this.#waiting?.clear();
  }

  /**
   * Without its ticket a client comes back with a full handshake: then an alert has room in TLS 1.2, and a signature of
   * the operator's CA counts.
   */
  #letShowAgain({ resumed, socket, isVerified }: BoundHandshake): void {
    if (resumed && (socket.getProtocol() !== "TLSv1.3" || isVerified)) this.#tickets.voidSoon();
  }
}
