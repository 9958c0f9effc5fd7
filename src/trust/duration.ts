import { HandclaspError } from "../errors.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const MAX_DAYS = 36_525;
const MAX_TIMER_DAYS = 24;

/** Milliseconds of `30s`, `10m`, `1h`, `90d`, `2w`: a whole number and a unit, from one second to a hundred years. */
export function parseDuration(text: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,10})([smhdw])$/.exec(text.trim()) ?? [];
  const seconds = Number(amount) * (UNITS[unit] ?? 0);
  if (seconds < 1) throw refuse(`${JSON.stringify(text.slice(0, 40))} is not a duration`);
  if (seconds > MAX_DAYS * 86_400) throw refuse(`${text.trim()} is too long`);
  return seconds * 1000;
}

/** The same for what a timer waits for. A longer one than 2^31 - 1 ms would fire at once, in Node and elsewhere. */
export function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms <= MAX_TIMER_DAYS * 86_400_000) return ms;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `${text.trim()} is too long for a timeout`, {
    hint: `at most ${MAX_TIMER_DAYS}d`,
  });
}

function refuse(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", problem, {
    hint: `a whole number and s, m, h, d or w: 30s, 10m, 1h, 90d, 2w; at most ${MAX_DAYS}d`,
  });
}
