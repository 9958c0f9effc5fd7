import { HandclaspError } from "../../errors.ts";

/** The last millisecond of the year 9999: later ones have another form in ISO 8601. */
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Takes milliseconds since the epoch as they are; throws ERR_HANDCLASP_OPTION for what is no moment to be written down. */
export function toMoment(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= LAST) return value;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `${what} cannot be ${String(value)}`, {
    hint: "milliseconds since the epoch, a whole number, up to the year 9999",
  });
}

/** The moment that much later, in whole milliseconds; the last one that can be written down for what is later still. */
export function momentAfter(at: number, forMs: number): number {
  return Math.min(Math.ceil(at + forMs), LAST);
}
