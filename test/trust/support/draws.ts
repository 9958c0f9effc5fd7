import { type Arbitrary, integer } from "fast-check";
import type { Draw } from "./random-change.ts";

export const below = (most: number): Arbitrary<number> => integer({ min: 0, max: most });

/** What any change is made of, as fast-check draws it; how long is waited before, each property says itself. */
export const DRAWN: { readonly [Part in Exclude<keyof Draw, "waitMs">]: Arbitrary<number> } = {
  kind: below(99),
  key: below(5),
  other: below(5),
  name: below(4),
  choice: below(11),
};
