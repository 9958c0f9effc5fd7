import { isHandclaspError } from "../../errors.ts";
import type { PreparedBar, PreparedChange, PreparedSetAside } from "../../trust/changes/prepared-change.ts";
import type { Appender, ChangeLog } from "../../trust/port/change-log.ts";
import type { WriteChannel } from "../sqlite/writing/write-channel.ts";
import type { Done } from "../sqlite/writing/write-result.ts";
import type { ReplicaReader } from "./replica-reader.ts";
import type { Runtime } from "./runtime.ts";

/** How long the log may take before a key is barred here without it. */
const PATIENCE_MS = 500;
/** How long the log is then waited for, so that whoever asked hears what it said. */
const ANSWER_MS = 2500;

interface BarsHereOptions {
  readonly log: ChangeLog;
  readonly by: () => Promise<Appender>;
  readonly replica: ReplicaReader;
  readonly channel: WriteChannel;
  readonly runtime: Runtime;
}

type Barring = PreparedBar | PreparedSetAside;

/** Bars keys on this machine when the log cannot be reached, and has the log say so later, under an id of its own. */
export class BarsHere {
  readonly #options: BarsHereOptions;

  constructor(options: BarsHereOptions) {
    this.#options = options;
  }

  /** `byLog` is the same by way of the log: whatever that says counts, but not that it could not be reached. */
  async write(change: Barring, byLog: Promise<Done>): Promise<Done> {
    const first = await this.#within(byLog, PATIENCE_MS);
    if (first !== undefined) return first === "away" ? this.#bar(change) : first;
    const barred = this.#bar(change).catch(() => undefined);
    const second = await this.#within(byLog, ANSWER_MS);
    if (second !== undefined && second !== "away") return second;
    // What cannot be barred here may have come by the log meanwhile.
    return (await barred) ?? byLog;
  }

  /** Appends what was done here alone. Resolves with whether there was anything; what of it is there is not there twice. */
  async append(): Promise<boolean> {
    const { log, by, replica, channel } = this.#options;
    const drafts = replica.later();
    if (drafts.length === 0) return false;
    const positions = await log.append(drafts, await by());
    const place = replica.place();
    const known = drafts.filter((_draft, index) => (positions[index] ?? Infinity) <= place.position);
    // On a branch that the log does not have, places say nothing of what was carried out here.
    if (known.length > 0 && !(await log.read(place, 1)).follows) return true;
    if (known.length > 0) await channel.write({ kind: "later-done", ids: known.map(({ id }) => id) });
    return known.length < drafts.length;
  }

  #bar(change: Barring): Promise<Done> {
    const { channel, runtime } = this.#options;
    return channel.write({ kind: "bar-here", change, id: runtime.newId() });
  }

  /** What it came to; undefined for nothing yet. Throws what else it came to. */
  async #within(written: Promise<Done>, ms: number): Promise<Done | "away" | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const stop = this.#options.runtime.after(ms, () => resolve(undefined));
    try {
      return await Promise.race([written, late]);
    } catch (error) {
      if (!isAway(error)) throw error;
      return "away";
    } finally {
      stop();
    }
  }
}

export function isBarring(change: PreparedChange): change is Barring {
  return change.type === "revoke" || change.type === "ignore" || change.type === "set-aside";
}

/** A log whose rules this version does not know is as far away as one that cannot be reached. */
function isAway(error: unknown): boolean {
  return (
    isHandclaspError(error, "ERR_HANDCLASP_STORE_WRITE") ||
    isHandclaspError(error, "ERR_HANDCLASP_STORE_NEWER") ||
    isHandclaspError(error, "ERR_HANDCLASP_OUTCOME_UNKNOWN")
  );
}
