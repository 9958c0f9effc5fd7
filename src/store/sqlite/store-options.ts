import { BOOLEAN, checkOptions, FUNCTION, type OptionRules, TEXT } from "../../check-options.ts";

export interface StoreOptions {
  /** What runs, for people who read lists of live connections; default `node` and the process id. */
  readonly process?: string;
  /** Milliseconds since the epoch, for telling whose connections are live; default the system's clock. */
  readonly now?: () => number;
  /** For who only reads: writes are refused, and a store that cannot be written can be read. Default false. */
  readonly readOnly?: boolean;
}

const RULES: OptionRules<StoreOptions> = { process: TEXT, now: FUNCTION, readOnly: BOOLEAN };

/** Throws ERR_HANDCLASP_OPTION. */
export function checkStoreOptions(options: StoreOptions): void {
  checkOptions("the store", options, RULES);
}
