import { HandclaspError } from "../../errors.ts";
import { parseDuration } from "../../duration.ts";
import { parseMoment } from "./parse-moment.ts";

/**
 * When something is to end, milliseconds since the epoch: `90d` is so long after `now`, `2027-03-29T22:00Z` is ISO 8601 and
 * says its zone. Throws ERR_HANDCLASP_OPTION.
 */
export function parseEnd(text: string, now: number): number {
  if (!/^\d{4}-/.test(text)) return now + parseDuration(text);
  try {
    return parseMoment(text, now);
  } catch {
    throw new HandclaspError(
      "ERR_HANDCLASP_OPTION",
      `${JSON.stringify(text.slice(0, 40))} is neither a duration nor a time`,
      { hint: "write 90d, or 2027-03-29T22:00Z: a time says its zone" },
    );
  }
}
