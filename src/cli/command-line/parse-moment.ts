import { HandclaspError } from "../../errors.ts";
import { parseDuration } from "../../duration.ts";

const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * A moment as people name it, milliseconds since the epoch: `24h` is so long before `now`; `2026-03-29` (its beginning,
 * UTC) and `2026-03-29T22:00Z` are ISO 8601. Throws ERR_HANDCLASP_OPTION.
 */
export function parseMoment(text: string, now: number): number {
  if (/^\d+[a-z]$/.test(text)) return now - parseDuration(text);
  const at = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new HandclaspError(
    "ERR_HANDCLASP_OPTION",
    `${JSON.stringify(text.slice(0, 40))} is neither a duration nor a time`,
    { hint: "write 24h for so long ago, or 2026-03-29T22:00Z: a time says its zone" },
  );
}
