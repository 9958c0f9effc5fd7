import { HandclaspError } from "../../errors.ts";
import type { ChangeLog, LogPlace } from "../../trust/port/change-log.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import type { ReplicaReader } from "./replica-reader.ts";
import { type Runtime, SYSTEM } from "./runtime.ts";

/** How many changes are carried out in one transaction. */
const AT_ONCE = 1000;
/** How often the log is looked at when nobody says that there is more. */
const POLL_MS = 1000;

interface FollowerOptions {
  readonly log: ChangeLog;
  readonly replica: ReplicaReader;
  /** Writes to the replica. */
  readonly channel: WriteChannel;
  /** What becomes of a replica that stands where the log is not. */
  readonly leaveBranch: (place: LogPlace) => Promise<void>;
  /** The log has the place of a replica that was thought to be on a branch. */
  readonly onTrack: () => Promise<void>;
  /** Takes why the log cannot be followed, for as long as it cannot, once for each look. */
  readonly onFailure?: (error: unknown) => void;
  /** Default the system's. */
  readonly runtime?: Runtime;
}

/** Keeps a replica as far as the log is. */
export class LogFollower {
  readonly #options: FollowerOptions;
  readonly #stopListening: () => void;
  readonly #stopLooking: () => void;
  #following: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    const look = (): void => void this.catchUp().catch((error: unknown) => options.onFailure?.(error));
    this.#stopListening = options.log.onMore(look);
    this.#stopLooking = (options.runtime ?? SYSTEM).every(POLL_MS, look);
    look();
  }

  /** Resolves when the replica has all that was in the log when this was called. Throws when it cannot get there. */
  async catchUp(): Promise<void> {
    if (this.#following !== undefined) {
      this.#isAskedAgain = true;
      return this.#following;
    }
    this.#following = this.#follow();
    return this.#following;
  }

  stop(): void {
    this.#stopListening();
    this.#stopLooking();
  }

  /** Resolves once no look is under way. */
  async idle(): Promise<void> {
    await this.#following?.catch(() => undefined);
  }

  async #follow(): Promise<void> {
    const { log, replica, channel, leaveBranch, onTrack } = this.#options;
    // It cannot be over before whoever asked has it.
    await Promise.resolve();
    try {
      do {
        this.#isAskedAgain = false;
        for (;;) {
          const place = replica.place();
          const { follows, entries, head, isPrimary } = await log.read(place, AT_ONCE);
          if (!follows) {
            // A copy that is behind does not have what is here either.
            if (!isPrimary) throw behindStandby(place, head);
            await leaveBranch(place);
            continue;
          }
          if (replica.isOnBranch()) await onTrack();
          if (entries.length === 0) break;
          await channel.write({ kind: "entries", entries });
        }
      } while (this.#isAskedAgain);
    } finally {
      // In the very moment of the last look: who asks from now on gets a look of their own.
      this.#following = undefined;
    }
  }
}

function behindStandby(place: LogPlace, head: LogPlace): HandclaspError {
  const message = `what answers is a standby of the database, which has the changes up to ${head.position}: this replica carried out ${place.position}`;
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", message, { details: { place, head } });
}
