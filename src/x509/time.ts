import { type DerReader, TAG } from "./der.ts";

const DIGITS = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** Milliseconds since the epoch of a UTCTime or GeneralizedTime, in the only form that RFC 5280 §4.1.2.5 allows. */
export function readTime(reader: DerReader, field: string): number {
  const { tag, content } = reader.next(field);
  const text = String.fromCharCode(...content.subarray(0, 20));
  const full = tag === TAG.UTC_TIME ? `${text < "5" ? "20" : "19"}${text}` : text;
  const parts = tag === TAG.UTC_TIME || tag === TAG.GENERALIZED_TIME ? DIGITS.exec(full) : null;
  if (parts === null) throw reader.malformed("is not a time", field);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  if (!same || minute > 59 || second > 59) throw reader.malformed("is not a date", field);
  return date.getTime();
}
