import { HandclaspError } from "../errors.ts";
import { auditProblem } from "./audit-problem.ts";
import { type ChangeOrigin, type RestoreChange, type RestoredTotals } from "../trust/records/change.ts";
import type { ChainHead } from "../trust/records/events.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { type BackupChain, compareChains, notOfThisStore } from "./restore/backup-chain.ts";
import { planRestore, type RestoreItem, type RestoreStep } from "./restore/restore-plan.ts";
import { RestoreBatch } from "./restore/restore-batch.ts";

export interface RestoreOptions {
  /** Says what would be done, and does nothing. Default false. */
  readonly dryRun?: boolean;
  /**
   * Takes a backup of another chain than the store's, or one that goes on beyond its end: what the store has not is trusted on
   * the backup's word alone. Default false; a dry run needs it for neither.
   */
  readonly dangerouslyFromAnotherChain?: boolean;
}

export interface RestoreReport {
  /** Where the chain of the backup ends. */
  readonly backup: ChainHead;
  /** Where the chain of the store ended. */
  readonly before: ChainHead;
  /** Where it ends now. */
  readonly after: ChainHead;
  /** Whether a window of first use was open that the backup does not know. */
  readonly closesWindow: boolean;
  readonly totals: RestoredTotals;
  /** The first `MOST_STEPS`. */
  readonly steps: readonly RestoreStep[];
  readonly chain: BackupChain;
}

/** How many steps are told one by one: all are counted. */
export const MOST_STEPS = 1000;

/**
 * Leads a store back to what a backup of it says is trusted, by changes of their own: nothing of what happened since is
 * gone, and what took trust away for good stays. It is done in parts of some hundred keys; when it fails in between,
 * doing it once more goes on. Throws ERR_HANDCLASP_AUDIT for a backup that was written by others, is of another chain or goes
 * on beyond the store's end.
 */
export async function restoreStore(
  store: TrustStore,
  backup: TrustStore,
  origin: () => ChangeOrigin,
  { dryRun = false, dangerouslyFromAnotherChain = false }: RestoreOptions = {},
): Promise<RestoreReport> {
  const audit = backup.audit();
  const problem = auditProblem(audit);
  if (problem !== undefined) throw untrustworthy(problem);
  const before = store.head();
  const { head } = audit.chain;
  const ends = { backup: head, before };
  const chain = await compareChains(store, backup, ends);
  const refusal = notOfThisStore(chain, ends);
  if (refusal !== undefined && !dangerouslyFromAnotherChain && !dryRun) throw refusal;
  const isOther = chain === "other";
  const since = isOther ? 0 : Math.min(head.sequence, before.sequence);
  const window = windowToClose(store, backup, origin().at);
  const batch = new RestoreBatch(window);
  const { totals, steps, add } = tally();
  const carryOut = async (end: RestoreChange["end"]): Promise<void> => {
    const parts = batch.take();
    if (!dryRun) await store.apply({ ...parts, ...origin(), end });
  };
  let isAsItWas = window === null;
  for await (const item of planRestore(store, backup, { now: origin().at, since, until: before.sequence })) {
    add(item);
    if (item.part === null) continue;
    isAsItWas = false;
    if (!batch.hasRoomFor(item)) await carryOut(null);
    batch.add(item);
  }
  if (!isAsItWas)
    await carryOut({ backup: head, isOther, ...(chain === "ahead" && { aheadOf: before.sequence }), totals });
  return { ...ends, after: store.head(), closesWindow: window !== null, totals, steps, chain };
}

function windowToClose(store: TrustStore, backup: TrustStore, now: number): number | null {
  const window = store.firstUseWindow();
  if (window === null || now >= window.until) return null;
  return backup.firstUseWindow()?.event === window.event ? null : window.event;
}

const TOTAL_OF = {
  trusted: "trusted",
  waiting: "waiting",
  barred: "barred",
  changed: "changed",
  kept: "kept",
  group: "groups",
  token: "tokens",
} as const satisfies Record<RestoreStep["what"], keyof RestoredTotals>;

/** Counts what is done, and keeps the first of it. */
function tally(): Pick<RestoreReport, "totals" | "steps"> & { readonly add: (item: RestoreItem) => void } {
  const totals = { trusted: 0, waiting: 0, barred: 0, changed: 0, kept: 0, groups: 0, tokens: 0 };
  const steps: RestoreStep[] = [];
  const add = ({ step }: RestoreItem): void => {
    totals[TOTAL_OF[step.what]]++;
    if (steps.length < MOST_STEPS) steps.push(step);
  };
  return { totals, steps, add };
}

function untrustworthy(problem: HandclaspError): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_AUDIT", `the backup is not what was written: ${problem.message}`, {
    hint: "nothing was changed; restore another backup",
    details: problem.details,
    cause: problem,
  });
}
