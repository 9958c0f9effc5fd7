import { HandclaspError } from "../errors.ts";
import { auditProblem } from "./audit-problem.ts";
import { eventAt } from "./listed-event.ts";
import { type ChangeOrigin, type RestoreChange, type RestoredTotals } from "../trust/records/change.ts";
import type { ChainHead } from "../trust/records/events.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { planRestore, type RestoreItem, type RestoreStep } from "./restore/restore-plan.ts";
import { RestoreBatch } from "./restore/restore-batch.ts";

export interface RestoreOptions {
  /** Says what would be done, and does nothing. Default false. */
  readonly dryRun?: boolean;
  /** Takes a backup that does not belong to the store: its keys are trusted on its word alone. Default false. */
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
}

/** How many steps are told one by one: all are counted. */
export const MOST_STEPS = 1000;

/**
 * Leads a store back to what a backup of it says is trusted, by changes of their own: nothing of what happened since is
 * gone, and what took trust away for good stays. It is done in parts of some hundred keys; when it fails in between,
 * doing it once more goes on. Throws ERR_HANDCLASP_AUDIT for a backup that was written by others or is of another chain.
 */
export async function restoreStore(
  store: TrustStore,
  backup: TrustStore,
  origin: () => ChangeOrigin,
  { dryRun = false, dangerouslyFromAnotherChain = false }: RestoreOptions = {},
): Promise<RestoreReport> {
  const problem = auditProblem(backup.audit());
  if (problem !== undefined) throw untrustworthy(problem);
  const before = store.head();
  const head = backup.head();
  const isOther = !(await isOneChain(store, backup));
  if (isOther && !dangerouslyFromAnotherChain) throw anotherChain(head);
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
  if (!isAsItWas) await carryOut({ backup: head, isOther, totals });
  return { backup: head, before, after: store.head(), closesWindow: window !== null, totals, steps };
}

/** Whether one chain goes on where the other one ends. An empty one is the beginning of none. */
async function isOneChain(store: TrustStore, backup: TrustStore): Promise<boolean> {
  const [head, other] = [store.head(), backup.head()];
  const [longer, end] = other.sequence <= head.sequence ? [store, other] : [backup, head];
  if (end.sequence === 0) return false;
  return (await eventAt(longer, end.sequence))?.hash === end.hash;
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

function anotherChain({ sequence, hash }: ChainHead): HandclaspError {
  const message =
    sequence === 0
      ? "the backup has no events: there is nothing by which it belongs to this store"
      : `the backup is of another store, or of another life of it: its chain ends at ${sequence} ${hash}, and this one has another event there`;
  return new HandclaspError("ERR_HANDCLASP_AUDIT", message, {
    hint: "nothing was changed; give a backup of this very store",
    details: { sequence, hash },
  });
}
