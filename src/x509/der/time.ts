import { HandclaspError } from "../../errors.ts";
import { type DerReader, TAG } from "./der.ts";
import { encodeDer } from "./encode-der.ts";

const DAY_MS = 24 * 3600 * 1000;
/** Clocks differ: a certificate made now is good for those who are behind, by as much as an endorsement in it is. */
const BACKDATED_MS = DAY_MS;
/** The last second that a certificate can name (RFC 5280 §4.1.2.5). */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
/** From this year on times have four digits for it. */
const FIRST_LONG_YEAR = 2050;
const ZERO = 0x30;
const ZULU = 0x5a;
const ASCII = new TextEncoder();

/** Milliseconds since the epoch of a UTCTime or GeneralizedTime, in the only form that RFC 5280 §4.1.2.5 allows. */
export function readTime(reader: DerReader, field: string): number {
  const { tag, content } = reader.next(field);
  const yearDigits = tag === TAG.UTC_TIME ? 2 : tag === TAG.GENERALIZED_TIME ? 4 : -1;
  if (content.length !== yearDigits + 11 || content[yearDigits + 10] !== ZULU || !allDigits(content)) {
    throw reader.malformed("is not a time", field);
  }
  const short = yearDigits === 2 ? pair(content, 0) : pair(content, 0) * 100 + pair(content, 2);
  const year = yearDigits === 4 ? short : short < 50 ? 2000 + short : 1900 + short;
  const month = pair(content, yearDigits);
  const day = pair(content, yearDigits + 2);
  const hour = pair(content, yearDigits + 4);
  const minute = pair(content, yearDigits + 6);
  const second = pair(content, yearDigits + 8);
  const known = month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  if (!known || hour > 23 || minute > 59 || second > 59) throw reader.malformed("is not a date", field);
  return daysSinceEpoch(year, month, day) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** A Time in DER (RFC 5280 §4.1.2.5), to the whole second. */
export function encodeTime(time: Date): Uint8Array {
  const digits = `${time.toISOString().slice(0, 19).replace(/[-T:]/g, "")}Z`;
  return time.getUTCFullYear() < FIRST_LONG_YEAR
    ? encodeDer(TAG.UTC_TIME, ASCII.encode(digits.slice(2)))
    : encodeDer(TAG.GENERALIZED_TIME, ASCII.encode(digits));
}

/** When a certificate that is made now is good, in whole seconds. Throws ERR_HANDCLASP_OPTION. */
export function validityOf(now: Date, days = 3650): { readonly notBefore: Date; readonly notAfter: Date } {
  const notAfter = now.getTime() + days * DAY_MS;
  if (!(days > 0 && notAfter <= LAST_MS)) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", "days: does not end in the years to 9999", {
      details: { option: "days" },
    });
  }
  return { notBefore: wholeSecond(now.getTime() - BACKDATED_MS), notAfter: wholeSecond(notAfter) };
}

function wholeSecond(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}

function allDigits(content: Uint8Array): boolean {
  for (let index = 0; index < content.length - 1; index++) {
    const digit = (content[index] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return false;
  }
  return true;
}

function pair(content: Uint8Array, at: number): number {
  return ((content[at] ?? 0) - ZERO) * 10 + (content[at + 1] ?? 0) - ZERO;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days from 1 January 1970 in the Gregorian calendar, counted in years that begin in March. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const years = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    years * 365 +
    Math.floor(years / 4) -
    Math.floor(years / 100) +
    Math.floor(years / 400) +
    dayOfYear -
    719_468
  );
}
