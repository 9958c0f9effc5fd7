/** Answers say the second in which they were made, and take their time to come: less is no difference. */
const TOLERANCE_MS = 5_000;

let ahead = 0;

/** Notes the `Date` of an answer: whoever reads the page may have a clock that is wrong. */
export function noteServerTime(date: string | null): void {
  const said = Date.parse(date ?? "");
  if (Number.isNaN(said)) return;
  const difference = said - Date.now();
  ahead = Math.abs(difference) < TOLERANCE_MS ? 0 : difference;
}

/** The time of the server, milliseconds since the epoch: what it says of moments is meant by its clock. */
export function serverNow(): number {
  return Date.now() + ahead;
}
