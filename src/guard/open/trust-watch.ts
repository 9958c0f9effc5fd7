import type { Admission } from "../../admission/admission.ts";
import { type TrustChanges, UNCHANGED } from "../../trust/happenings/trust-changes.ts";
import { ApprovalEnds } from "./approval-ends.ts";
import { type CutReason, toCutReason } from "../../trust/happenings/cut-reason.ts";
import type { GuardedConnection } from "../connection/guarded-connection.ts";
import type { LiveConnections } from "./live-connections.ts";
import type { Tickets } from "../tickets/tickets.ts";

export interface TrustWatchOptions {
  readonly admission: Admission;
  readonly live: LiveConnections;
  readonly tickets: Tickets;
  readonly onFallen: (connection: GuardedConnection, reason: CutReason) => void;
}

/** Follows the trust in keys that are connected, or may resume a session. */
export class TrustWatch {
  readonly #options: TrustWatchOptions;
  readonly #ends = new ApprovalEnds((changes) => this.changed(changes));

  constructor(options: TrustWatchOptions) {
    this.#options = options;
  }

  /** `until` is when the trust in its key ends, in milliseconds since the epoch; null for never. */
  add(connection: GuardedConnection, until: number | null): void {
    this.#options.live.add(connection);
    this.#ends.add(connection, until);
  }

  delete(connection: GuardedConnection): void {
    this.#ends.delete(connection);
    this.#options.live.delete(connection);
  }

  /** Finds those who may stay no longer, and voids the tickets of who may have one. */
  changed(changes: TrustChanges): void {
    const { admission, live, tickets, onFallen } = this.#options;
    let must: "void" | "void soon" | undefined;
    for (const [pin, change] of changes) {
      const connections = live.of(pin);
      if (connections.length === 0 && !tickets.mayHold(pin)) continue;
      const nowhere = admission.standing(pin, change);
      const { distrust } = nowhere;
      let stayed = 0;
      for (const connection of connections) {
        // Only a list asks where somebody comes from, and that can only let in more.
        const standing = distrust === "not-allowed" ? admission.standing(pin, change, connection) : nowhere;
        if (standing.distrust !== undefined) {
          onFallen(connection, toCutReason(standing.distrust));
          continue;
        }
        this.#ends.add(connection, standing.until);
        stayed += 1;
      }
      if (distrust === undefined || (stayed > 0 && stayed === connections.length)) continue;
      const isNew = distrust === "pending" || distrust === "forgotten";
      // Who was never trusted has lost nothing; any stranger could have such keys come and go.
      if (change.fell === undefined && connections.length === 0 && isNew) continue;
      // A peer can change its key as it likes.
      if (distrust !== "retired") must = "void";
      else must ??= "void soon";
    }
    if (must === "void") tickets.void();
    else if (must === "void soon") tickets.voidSoon();
  }

  /** The same for everybody, of whom nothing may be as it was. */
  anew(changes: TrustChanges): void {
    const { live, tickets } = this.#options;
    const all = new Map(changes);
    for (const { peer } of live) if (peer !== undefined && !all.has(peer.pin)) all.set(peer.pin, UNCHANGED);
    this.changed(all);
    tickets.void();
  }

  clear(): void {
    this.#ends.clear();
  }
}
