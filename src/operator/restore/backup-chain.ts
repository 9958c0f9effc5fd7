import { HandclaspError } from "../../errors.ts";
import type { Roll } from "../../trust/port/roll.ts";
import type { ChainHead } from "../../trust/records/events.ts";

/**
 * What the chain of a backup is to that of the store: `within` it; `ahead`, which has all of it and goes on beyond its end,
 * as anybody can make it go on who has a copy of the store; or an `other`.
 */
export type BackupChain = "within" | "ahead" | "other";

/** Where two chains end. */
export interface ChainEnds {
  readonly backup: ChainHead;
  /** Of the store. */
  readonly before: ChainHead;
}

/** Which it is, of chains that verify. An empty one is the beginning of none. */
export async function compareChains(
  store: Roll,
  backup: Roll,
  { backup: other, before: end }: ChainEnds,
): Promise<BackupChain> {
  if (end.sequence === 0 || other.sequence === 0) return "other";
  const isWithin = other.sequence <= end.sequence;
  const [longer, shorter] = isWithin ? [store, other] : [backup, end];
  if (!(await hasHead(longer, shorter))) return "other";
  return isWithin ? "within" : "ahead";
}

async function hasHead(longer: Roll, { sequence, hash }: ChainHead): Promise<boolean> {
  const { items } = await longer.listEvents({ after: String(sequence - 1), limit: 1 });
  return items.some((event) => event.sequence === sequence && event.hash === hash);
}

/** Why nothing shows that all of a backup is of the store; undefined where its chain does. */
export function whyOnItsWord(chain: BackupChain, ends: ChainEnds): string | undefined {
  const { backup, before } = ends;
  if (chain === "within") return undefined;
  if (chain === "ahead") return `the backup has ${moreEvents(ends)}, on its word alone: ${ANYBODY}`;
  if (backup.sequence === 0)
    return "the backup has no events: there is nothing by which it belongs to this store";
  const where = `its chain ends at ${backup.sequence} ${backup.hash}`;
  return before.sequence === 0
    ? `this store has no events: there is nothing by which the backup belongs to it; ${where}`
    : `the backup is of another store, or of another life of it: ${where}, and is not that of this one`;
}

const ANYBODY = "whoever has a copy of a store can make such a backup";

function moreEvents({ backup: { sequence: last }, before: { sequence: end } }: ChainEnds): string {
  const first = end + 1;
  return last === first
    ? `1 event more than this store (${first})`
    : `${last - end} events more than this store (${first} to ${last})`;
}

/** Refuses what is to be taken on its word alone, and says how where a store may have lost what a backup has. */
export function notOfThisStore(chain: BackupChain, ends: ChainEnds): HandclaspError | undefined {
  const why = whyOnItsWord(chain, ends);
  if (why === undefined) return undefined;
  const { sequence, hash } = ends.backup;
  const lost = whatWasLost(chain, ends);
  return new HandclaspError("ERR_HANDCLASP_AUDIT", why, {
    hint: `nothing was changed; ${lost ?? "give a backup of this very store"}`,
    details: { sequence, hash, ...(chain === "ahead" && { aheadOf: ends.before.sequence }) },
    remedies: lost === undefined ? [] : [{ act: "restore-on-its-word", at: "server" }],
  });
}

function whatWasLost(chain: BackupChain, { backup, before }: ChainEnds): string | undefined {
  if (chain === "ahead")
    return `if this store lost its end, or is an older copy, and heads noted elsewhere or whoever made the backup say that it went on to ${backup.sequence} ${backup.hash}, take the rest on that word`;
  if (before.sequence > 0 || backup.sequence === 0) return undefined;
  return "if it was begun anew because the former one is lost, and you know who made the backup, take that on its word";
}
