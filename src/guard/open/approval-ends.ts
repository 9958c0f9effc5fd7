import { type TrustChange, type TrustChanges, UNCHANGED } from "../../trust/happenings/trust-changes.ts";
import type { KeyPin } from "../../x509/certificate-facts.ts";
import type { GuardedConnection } from "../connection/guarded-connection.ts";

const LOOK_EVERY_MS = 1000;

/** Open connections whose keys are trusted only until a moment: an end is no event, so somebody has to look. */
export class ApprovalEnds {
  readonly #ends = new Map<GuardedConnection, number>();
  readonly #onEnd: (changes: TrustChanges) => void;
  #look: NodeJS.Timeout | undefined;

  /** `onEnd` is told of keys whose time is over, every second until their connections are gone. */
  constructor(onEnd: (changes: TrustChanges) => void) {
    this.#onEnd = onEnd;
  }

  /** `until` in milliseconds since the epoch; null for a connection without an end, which takes an earlier one back. */
  add(connection: GuardedConnection, until: number | null): void {
    if (until === null) {
      if (this.#ends.size > 0) this.delete(connection);
      return;
    }
    this.#ends.set(connection, until);
    this.#look ??= setInterval(() => this.#tell(), LOOK_EVERY_MS).unref();
  }

  delete(connection: GuardedConnection): void {
    if (this.#ends.delete(connection) && this.#ends.size === 0) this.clear();
  }

  clear(): void {
    this.#ends.clear();
    clearInterval(this.#look);
    this.#look = undefined;
  }

  #tell(): void {
    const now = Date.now();
    const over = new Map<KeyPin, TrustChange>();
    for (const [{ peer }, until] of this.#ends) {
      if (until <= now && peer !== undefined) over.set(peer.pin, UNCHANGED);
    }
    if (over.size > 0) this.#onEnd(over);
  }
}
