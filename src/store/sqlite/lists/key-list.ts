import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { limitOf, placeOf } from "../../../trust/port/cursor.ts";
import type { Page } from "../../../trust/port/page.ts";
import type { KeyFilter, ListedKey } from "../../../trust/port/roll.ts";
import type { KeyState } from "../../../trust/records/key-record.ts";
import { type BarredKey, barredHere } from "./barred-here.ts";
import { FEW, KeySearch } from "./key-search.ts";
import { type Condition, Conditions, either, isOneOf, momentOf, pageOf } from "./page-query.ts";
import { KEYS_BY_PIN, type ListedKeyRow, toListedKey } from "./rows.ts";

/** Members of a group whose keys are looked up, where that is told by an index alone, and where rows have to be read. */
const MEMBERS = 20_000;
const MEMBERS_BY_ROW = 5000;
/** Keys seen, or not seen, since a moment, that are looked up by their rows. */
const SEEN = 10_000;
/** Keys that are asked first, in their order, whatever is asked: often they fill the page. */
const FIRST = 3000;

/** Which keys are asked, one after the other. */
interface Source {
  /** What stands behind FROM, and what is bound to it. */
  readonly from: string;
  readonly values: readonly SQLInputValue[];
  /** What it adds to the conditions, in front of all others. */
  readonly where: readonly Condition[];
}

/** All, in their order: what is asked of every row stands in that index, and rows are read for the page alone. */
const IN_ORDER: Source = { from: "keys INDEXED BY keys_in_order", values: [], where: [] };
const BY_PIN: Source = { from: KEYS_BY_PIN, values: [], where: [] };
/** Most keys are trusted: any others are looked for among the others. */
const NOT_TRUSTED: Source = {
  from: "keys INDEXED BY keys_not_trusted",
  values: [],
  where: [{ text: "state <> 'trusted'", values: [] }],
};

/** The list of keys, page by page. How they are found is not left to a guess: it depends on what there is most of. */
export class KeyList {
  readonly #database: DatabaseSync;
  readonly #asBarred: (key: ListedKey) => ListedKey;

  /** `asBarred` gives a key as it stands on this machine. */
  constructor(database: DatabaseSync, asBarred: (key: ListedKey) => ListedKey) {
    this.#database = database;
    this.#asBarred = asBarred;
  }

  page(filter: KeyFilter): Page<ListedKey> {
    const limit = limitOf(filter);
    const place = placeOf(filter, "keys", ["number", "string"]);
    const barred = filter.state === undefined ? [] : barredHere(this.#database);
    const asked = conditionsOf(filter, barred);
    const search = filter.search === undefined ? undefined : new KeySearch(this.#database, filter.search);
    const behind = place === undefined ? [] : [{ text: "(place, keys.pin) > (?, ?)", values: place }];
    const read = (source: Source): readonly ListedKeyRow[] => {
      const conditions = new Conditions();
      for (const condition of [...source.where, ...behind, ...asked]) conditions.require(condition);
      return this.#rows(conditions, source, search, limit + 1);
    };
    const first = isSeldomFew(filter) ? read(firstOf(behind)) : [];
    const rows = first.length > limit ? first : read(this.#sourceOf(filter, barred.length > 0));
    return pageOf(
      rows,
      limit,
      (row) => this.#asBarred(toListedKey(row)),
      (row) => ["keys", row.place, row.pin],
    );
  }

  #rows(
    where: Conditions,
    source: Source,
    search: KeySearch | undefined,
    most: number,
  ): readonly ListedKeyRow[] {
    const { sql: page, values } = keyPage(where, source, search, most);
    const sql = `SELECT keys.*, last_seen FROM (${page}) AS page
      CROSS JOIN keys ON keys.pin = page.pin LEFT JOIN seen ON seen.key = keys.number ORDER BY page.place, keys.pin`;
    return this.#database.prepare(sql).all(...values) as unknown as readonly ListedKeyRow[];
  }

  /** Of those that are barred here alone, some are trusted by their rows. */
  #sourceOf(filter: KeyFilter, hasBarred: boolean): Source {
    const { pins, groups = [], search } = filter;
    const { seenBefore, seenSince } = seenOf(filter);
    if (pins !== undefined && pins.length <= FEW) return BY_PIN;
    const fewMembers = search === undefined ? MEMBERS : MEMBERS_BY_ROW;
    const group = this.#smallest(groups, fewMembers);
    if (group !== undefined) return membersOf(group);
    const states = listOf(filter.state);
    if (!hasBarred && states?.includes("trusted") === false) return NOT_TRUSTED;
    if (seenSince !== undefined && this.#areFewSeen(">=", seenSince)) return seen(">=", seenSince);
    if (seenBefore !== undefined && this.#areFewSeen("<", seenBefore)) return seen("<", seenBefore);
    return IN_ORDER;
  }

  /** The group with the fewest members, if those are few. */
  #smallest(groups: readonly string[], few: number): string | undefined {
    const sql = `SELECT count(*) AS count FROM (SELECT 1 FROM group_members WHERE group_key = ? LIMIT ${few + 1})`;
    const count = this.#database.prepare(sql);
    const sizes = groups.map((group) => ({ group, size: Number(count.get(group)?.["count"]) }));
    const [smallest] = sizes.toSorted((one, other) => one.size - other.size);
    return smallest !== undefined && smallest.size <= few ? smallest.group : undefined;
  }

  #areFewSeen(than: "<" | ">=", moment: number): boolean {
    const sql = `SELECT count(*) AS count FROM (SELECT 1 FROM seen WHERE last_seen ${than} ? LIMIT ${SEEN + 1})`;
    return Number(this.#database.prepare(sql).get(moment)?.["count"]) <= SEEN;
  }
}

/** The keys of a page and their places. */
function keyPage(
  where: Conditions,
  source: Source,
  search: KeySearch | undefined,
  most: number,
): { sql: string; values: readonly SQLInputValue[] } {
  const { from, values } = source;
  if (search === undefined)
    return { sql: keysInOrder(where, from), values: [...values, ...where.values, most] };
  const { inRow, elsewhere } = search;
  const isListed = isOneOf("keys.pin", elsewhere);
  // Among some, rows are asked for both; of all, those that are found elsewhere are looked up.
  const isLookedUp = elsewhere.length <= FEW && source === IN_ORDER;
  const scanned = where.with(isLookedUp ? inRow : either(inRow, isListed));
  const sql = keysInOrder(scanned, from);
  if (!isLookedUp || elsewhere.length === 0) return { sql, values: [...values, ...scanned.values, most] };
  const found = where.with(isListed);
  const both = `SELECT pin, place FROM (${sql})
    UNION SELECT pin, place FROM ${BY_PIN.from} ${found.sql} ORDER BY place, pin LIMIT ?`;
  return { sql: both, values: [...scanned.values, most, ...found.values, most] };
}

/** Whether what is asked for stands in no index of keys, and may be told by the first of them all the same. */
function isSeldomFew({ pins, groups = [], notGroups = [], seenBefore, seenSince }: KeyFilter): boolean {
  const isByOthers =
    groups.length + notGroups.length > 0 || seenBefore !== undefined || seenSince !== undefined;
  return isByOthers && pins === undefined;
}

/** The first keys of all behind a place. */
function firstOf(behind: readonly Condition[]): Source {
  const conditions = new Conditions();
  for (const condition of behind) conditions.require(condition);
  const columns = "number, pin, place, state, source, name_key, searched";
  const sql = `SELECT ${columns} FROM keys INDEXED BY keys_in_order ${conditions.sql} ORDER BY place, pin LIMIT ${FIRST}`;
  return { from: `(${sql}) AS keys`, values: conditions.values, where: [] };
}

function membersOf(group: string): Source {
  const from =
    "group_members AS member CROSS JOIN keys INDEXED BY keys_by_name ON keys.name_key = member.name_key";
  return { from, values: [], where: [{ text: "member.group_key = ?", values: [group] }] };
}

function seen(than: "<" | ">=", moment: number): Source {
  const from = "seen CROSS JOIN keys ON keys.number = seen.key";
  return { from, values: [], where: [{ text: `last_seen ${than} ?`, values: [moment] }] };
}

/** What is asked beside the text, the cheapest first. */
function conditionsOf(filter: KeyFilter, barred: readonly BarredKey[]): readonly Condition[] {
  const { pins, groups = [], notGroups = [] } = filter;
  const [states, sources] = [listOf(filter.state), listOf(filter.source)];
  const { seenBefore, seenSince } = seenOf(filter);
  return [
    ...(states === undefined ? [] : [isNowAmong(states, barred)]),
    ...(sources === undefined ? [] : [isAmong("source", sources)]),
    ...(pins === undefined ? [] : [isOneOf("keys.pin", pins)]),
    ...groups.map((group) => isMember(group)),
    ...(notGroups.length === 0 ? [] : [isNo(isMemberOfAny(notGroups))]),
    ...(seenSince === undefined ? [] : [isSeen(">=", seenSince)]),
    // Who was never seen is among them.
    ...(seenBefore === undefined ? [] : [isNo(isSeen(">=", seenBefore))]),
  ];
}

/** When keys that are asked for were seen. Throws ERR_HANDCLASP_OPTION. */
function seenOf(filter: KeyFilter): { seenBefore: number | undefined; seenSince: number | undefined } {
  return { seenBefore: everMoment(filter.seenBefore), seenSince: everMoment(filter.seenSince) };
}

/** Rows of keys that were never seen say 0. */
function everMoment(asked: number | undefined): number | undefined {
  const moment = momentOf(asked);
  return moment === undefined ? undefined : Math.max(moment, 1);
}

function listOf<T extends string>(wanted: T | readonly T[] | undefined): readonly T[] | undefined {
  return typeof wanted === "string" ? [wanted] : wanted;
}

/** Keys that are barred on this machine alone are asked for as what they are here. */
function isNowAmong(states: readonly KeyState[], barred: readonly BarredKey[]): Condition {
  const isByRow = isAmong("state", states);
  if (barred.length === 0) return isByRow;
  const [others, these] = [false, true].map((isAsked) =>
    barred.filter(({ state }) => states.includes(state) === isAsked).map(({ pin }) => pin),
  );
  const isOther = isNo(isOneOf("keys.pin", others ?? []));
  const isBoth = {
    text: `${isByRow.text} AND ${isOther.text}`,
    values: [...isByRow.values, ...isOther.values],
  };
  return either(isBoth, isOneOf("keys.pin", these ?? []));
}

function isAmong(column: string, values: readonly string[]): Condition {
  const [only, ...more] = values;
  return only === undefined || more.length > 0
    ? isOneOf(column, values)
    : { text: `${column} = ?`, values: [only] };
}

function isMember(group: string): Condition {
  const sql = "SELECT 1 FROM group_members AS one WHERE one.name_key = keys.name_key AND one.group_key = ?";
  return { text: `EXISTS (${sql})`, values: [group] };
}

function isMemberOfAny(groups: readonly string[]): Condition {
  const { text, values } = isOneOf("one.group_key", groups);
  const sql = `SELECT 1 FROM group_members AS one WHERE one.name_key = keys.name_key AND ${text}`;
  return { text: `EXISTS (${sql})`, values };
}

function isSeen(than: ">=", moment: number): Condition {
  return {
    text: `EXISTS (SELECT 1 FROM seen AS one WHERE one.key = keys.number AND one.last_seen ${than} ?)`,
    values: [moment],
  };
}

function isNo({ text, values }: Condition): Condition {
  return { text: `NOT ${text}`, values };
}

function keysInOrder({ sql }: Conditions, from: string): string {
  return `SELECT keys.pin AS pin, place FROM ${from} ${sql} ORDER BY place, keys.pin LIMIT ?`;
}
