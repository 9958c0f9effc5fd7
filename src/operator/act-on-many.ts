import { type HandclaspError, isHandclaspError } from "../errors.ts";
import type {
  ApproveChange,
  BarChange,
  Compared,
  ForgetChange,
  SeenKey,
  SetAsideChange,
} from "../trust/records/change.ts";
import type { KeyRecord } from "../trust/records/key-record.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";

/** What can be done to many keys in one call, as the method of `Operator` is called. */
export type ManyAct = "approve" | "revoke" | "ignore" | "setAside" | "forget";

/** One of many: KEY, and what was looked at, as for one alone. */
export interface ManyKey {
  readonly key: string;
  readonly seen?: SeenKey | readonly SeenKey[];
  /** How this one was compared, for `approve`. */
  readonly compared?: Compared;
}

/** What one of many came to: nothing that happens to one of them keeps the others from it. */
export type KeyOutcome =
  | { readonly key: string; readonly ok: true; readonly keys: readonly KeyRecord[] }
  | { readonly key: string; readonly ok: false; readonly error: HandclaspError };

type ManyChange = ApproveChange | BarChange | SetAsideChange | ForgetChange;

/** How many are written in one transaction: others who write wait for no more than these. */
const AT_ONCE = 500;

/** Carries out changes in their order, each with its own outcome, or says what each by itself would come to. */
export async function actOnMany(
  store: ActedOn,
  changes: readonly ManyChange[],
  isTrial: boolean,
): Promise<readonly KeyOutcome[]> {
  const outcomes: KeyOutcome[] = [];
  for (let from = 0; from < changes.length; from += AT_ONCE) {
    const batch = changes.slice(from, from + AT_ONCE);
    outcomes.push(...(await Promise.all(batch.map((change) => outcomeOf(store, change, isTrial)))));
  }
  return outcomes;
}

type ActedOn = Pick<TrustStore, "apply" | "tryOut" | "key">;

async function outcomeOf(store: ActedOn, change: ManyChange, isTrial: boolean): Promise<KeyOutcome> {
  const { key } = change;
  try {
    const outcome = await (isTrial ? store.tryOut(change) : store.apply(change));
    const keys = outcome.kind === "changed" ? outcome.keys : [];
    return { key, ok: true, keys: isTrial ? keys.map((one) => versionOfNow(store, one)) : keys };
  } catch (error) {
    if (isHandclaspError(error)) return { key, ok: false, error };
    throw error;
  }
}

/** The version that a trial would give is given to whatever is changed next: nobody is to take it for the one that was seen. */
function versionOfNow(store: ActedOn, key: KeyRecord): KeyRecord {
  return { ...key, version: store.key(key.pin)?.version ?? key.version };
}
