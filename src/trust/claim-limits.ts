import type { Knowledge } from "./port/knowledge.ts";
import type { Showing } from "./records/showing.ts";
import type { Claim } from "./records/verdict.ts";
import type { FirstUseLimiter } from "./limits/first-use-limits.ts";
import { isVouchedFor, RotationLimits } from "./limits/rotation-limits.ts";
import { nameKey } from "./naming/peer-name.ts";
import { sourceNetwork } from "./network/source-network.ts";
import type { Rate } from "./records/rate.ts";

export interface ClaimLimitsOptions {
  readonly store: Pick<Knowledge, "keysOfName">;
  readonly firstUse: FirstUseLimiter;
  readonly rotation: Rate;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
}

/** How many strangers are met, and how often a peer may change its key. */
export class ClaimLimits {
  readonly #options: ClaimLimitsOptions;
  readonly #rotations: RotationLimits;

  constructor(options: ClaimLimitsOptions) {
    this.#options = options;
    this.#rotations = new RotationLimits(options.rotation);
  }

  /** Tokens are counted by whoever made them. */
  mayClaim(claim: Claim, showing: Showing, known: boolean): boolean {
    if (claim.source === "rotation") return this.#mayRotate(claim, showing);
    return known || claim.source === "token" || this.mayMeet(showing);
  }

  mayMeet(showing: Showing): boolean {
    const { firstUse, monotonic } = this.#options;
    return firstUse.take(sourceNetwork(showing.remoteAddress), monotonic());
  }

  /** The store counts rotations over all processes, and had too many of them. */
  rotationRefused({ pin }: Claim): void {
    this.#rotations.refused(pin);
  }

  /** A peer is counted for itself, wherever it comes from; one that is nobody's but its own as a stranger, too. */
  #mayRotate({ peer, pin }: Claim, showing: Showing): boolean {
    const { store, monotonic } = this.#options;
    const now = monotonic();
    if (this.#rotations.isTaken(pin)) return true;
    if (!this.#rotations.mayTake(peer, pin, now)) return false;
    if (!isVouchedFor(store.keysOfName(nameKey(peer))) && !this.mayMeet(showing)) return false;
    return this.#rotations.take(peer, pin, now);
  }
}
