import { reasonOf } from "../../errors.ts";
import { RowDifferences, type RowsReport, type TrustRows } from "./compare-rows.ts";
import { type ChainReport, parseEvent, type SealedEvent, verifyChain } from "../records/events.ts";
import { TrustFold } from "./fold-events.ts";

/** What a store is as evidence. */
export interface AuditReport {
  readonly chain: ChainReport;
  /** Null when the chain is broken: then nothing says what rows should be. */
  readonly rows: RowsReport | null;
}

/** An event as it is in its row. */
export interface StoredEvent extends SealedEvent {
  /**
   * The latest time of it and all before it, where lists find it by that; milliseconds since the epoch. It is not compared
   * where rows do not have it.
   */
  readonly reached?: number;
}

/** Recomputes the chain, and whether the rows that servers decide by are what its events come to. */
export function auditRows(events: Iterable<StoredEvent>, rows: TrustRows): AuditReport {
  const fold = new TrustFold();
  const differences = new RowDifferences();
  const chain = verifyChain(folding(events, fold, differences));
  if (chain.broken !== null) return { chain, rows: null };
  differences.compare(fold, rows);
  return { chain, rows: differences.report() };
}

function* folding(
  events: Iterable<StoredEvent>,
  fold: TrustFold,
  differences: RowDifferences,
): Iterable<SealedEvent> {
  let reached = 0;
  for (const sealed of events) {
    yield sealed;
    const event = parseEvent(sealed.json);
    if (event === undefined) continue;
    const about = `event ${sealed.sequence}`;
    try {
      reached = Math.max(reached, Date.parse(event.at));
      if (sealed.reached !== undefined && sealed.reached !== reached) {
        differences.add({ about, field: "reached", row: String(sealed.reached), events: String(reached) });
      }
      const misfit = fold.add(event);
      if (misfit !== undefined) differences.add({ about, ...misfit });
    } catch (error) {
      differences.add({
        about,
        field: "event",
        row: null,
        events: `cannot be carried out: ${reasonOf(error)}`,
      });
    }
  }
}
