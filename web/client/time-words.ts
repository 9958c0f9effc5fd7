const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long it is, in its largest unit: `40 s`, `5 min`, `3 h`, `12 d`. */
export function toSpan(ms: number): string {
  const long = Math.max(0, ms);
  if (long < MINUTE) return `${Math.floor(long / SECOND)} s`;
  if (long < HOUR) return `${Math.floor(long / MINUTE)} min`;
  if (long < 2 * DAY) return `${Math.floor(long / HOUR)} h`;
  return `${Math.floor(long / DAY)} d`;
}

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** A duration as the API and the command line write it, `10m`; NaN for another text. */
export function toMs(duration: string): number {
  const [, count, unit = ""] = /^(\d+)([smhdw])$/.exec(duration) ?? [];
  return Number(count) * (UNITS[unit] ?? Number.NaN);
}

/** When it was or will be, seen from `now`: `just now`, `5 min ago`, `in 3 d`. Milliseconds since the epoch. */
export function toDistance(at: number, now: number): string {
  if (at > now) return at - now < SECOND ? "now" : `in ${toSpan(at - now)}`;
  return now - at < 5 * SECOND ? "just now" : `${toSpan(now - at)} ago`;
}

/** What is left, as a clock shows it: `07:12`, `1:02:03`. */
export function toCountdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND));
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours === 0 ? rest : `${hours}:${rest}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
