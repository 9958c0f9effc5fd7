import type { SQLInputValue } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import { type Place, toCursor } from "../../../trust/port/cursor.ts";
import type { Page } from "../../../trust/port/page.ts";

const MOST_SEARCHED = 1000;

/** What a row must be like, and what is bound to the text of that. */
export interface Condition {
  readonly text: string;
  readonly values: readonly SQLInputValue[];
}

/** Conditions of a query, gathered one by one. */
export class Conditions {
  readonly #texts: string[] = [];
  readonly values: SQLInputValue[] = [];

  add(text: string, ...values: readonly SQLInputValue[]): void {
    this.#texts.push(text);
    this.values.push(...values);
  }

  require({ text, values }: Condition): void {
    this.add(text, ...values);
  }

  /** These and one more, which they themselves do not get. */
  with({ text, values }: Condition): Conditions {
    const all = new Conditions();
    all.#texts.push(...this.#texts, text);
    all.values.push(...this.values, ...values);
    return all;
  }

  /** `WHERE …`, or nothing. */
  get sql(): string {
    return this.#texts.length === 0 ? "" : `WHERE ${this.#texts.join(" AND ")}`;
  }
}

/** One of these values, however many there are. */
export function isOneOf(column: string, values: readonly string[]): Condition {
  return { text: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}

/** Whether an event is about one of these, as the index of subjects has it: of pins it has a part. */
export function isAbout(...subjects: readonly string[]): Condition {
  const [only, ...others] = subjects;
  // About one, they stand in their order in the index.
  if (only !== undefined && others.length === 0)
    return { text: `${indexed("about")} = ${indexed("?")} AND about = ?`, values: [only, only, only, only] };
  const all = JSON.stringify(subjects);
  const text = `${indexed("about")} IN (SELECT ${indexed("value")} FROM json_each(?))
    AND about IN (SELECT value FROM json_each(?))`;
  return { text, values: [all, all] };
}

function indexed(subject: string): string {
  return `iif(substr(${subject}, 1, 7) = 'sha256:', substr(${subject}, 8, 16), ${subject})`;
}

/** Whether what a column holds begins with some of base64's characters. */
export function beginsWith(column: string, prefix: string): Condition {
  return { text: `(${column} >= ? AND ${column} < ? || '~')`, values: [prefix, prefix] };
}

/** At least one of these. */
export function either(...conditions: readonly Condition[]): Condition {
  const text = conditions.map((condition) => condition.text).join(" OR ");
  return { text: text === "" ? "0" : `(${text})`, values: conditions.flatMap(({ values }) => values) };
}

/** Nothing that is searched is longer, and each row is held against it. Throws ERR_HANDCLASP_OPTION. */
export function mustBeShort(search: string): void {
  if (search.length <= MOST_SEARCHED) return;
  throw new HandclaspError(
    "ERR_HANDCLASP_OPTION",
    `a search has at most ${MOST_SEARCHED} characters, not ${search.length}`,
    { hint: "search for a part of it" },
  );
}

/** Whether there is something to find; a text without any finds nothing. Throws ERR_HANDCLASP_OPTION. */
export function isSaid(where: Conditions, search: string | undefined): search is string {
  if (search === undefined) return false;
  mustBeShort(search);
  if (search.trim() !== "") return true;
  where.require(either());
  return false;
}

/** Lists whose cursors say where a row stands; that of events is a sequence number. */
export type PagedList = "keys" | "refusals" | "connections" | "tokens" | "api-tokens" | "groups" | "members";

/** The moment that a list begins or ends with, if it does. Throws ERR_HANDCLASP_OPTION for what is none. */
export function momentOf(moment: number | undefined): number | undefined {
  if (moment === undefined || (typeof moment === "number" && !Number.isNaN(moment))) return moment;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", "since and until must be milliseconds since the epoch");
}

/** The page of the rows of a query that asked for one row more than a page has. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => T,
  toPlace: (row: Row) => readonly [PagedList, ...Place],
): Page<T> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const next = last === undefined ? null : toCursor(...toPlace(last));
  return { items: rows.slice(0, limit).map(toItem), next };
}
