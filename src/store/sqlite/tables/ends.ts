import type { ChainHead } from "../../../trust/records/events.ts";

/** The newest event, and the latest moment that any had. */
export type ChainEnd = ChainHead & { readonly reached: number };

/** The last ones that were given out. */
export interface VersionsGiven {
  readonly decided: number;
  readonly waiting: number;
}
