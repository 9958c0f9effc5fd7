import { HandclaspError } from "./errors.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Milliseconds of a text. Throws ERR_HANDCLASP_OPTION, which says how much it may be. */
export type ParseDuration = (text: string) => number;

/** Milliseconds of `30s`, `10m`, `1h`, `90d`, `2w`: a whole number and a unit, from one second to a hundred years. */
export const parseDuration: ParseDuration = durationUpTo(36_525);

/** The same for what a timer waits for. A longer one than 2^31 - 1 ms would fire at once, in Node and elsewhere. */
export const parseTimeout: ParseDuration = durationUpTo(24, " for a timeout");

/** The same for what may be that many days. */
export function durationUpTo(mostDays: number, what = ""): ParseDuration {
  const refuse = (problem: string): HandclaspError =>
    new HandclaspError("ERR_HANDCLASP_OPTION", problem, {
      hint: `a whole number and s, m, h, d or w: 30s, 10m, 1h, 7d, 2w; at most ${mostDays}d`,
    });
  return (text) => {
    const [, amount = "", unit = ""] = /^(\d{1,10})([smhdw])$/.exec(text.trim()) ?? [];
    const seconds = Number(amount) * (UNITS[unit] ?? 0);
    if (seconds < 1) throw refuse(`${JSON.stringify(text.slice(0, 40))} is not a duration`);
    if (seconds > mostDays * 86_400) throw refuse(`${text.trim()} is too long${what}`);
    return seconds * 1000;
  };
}
