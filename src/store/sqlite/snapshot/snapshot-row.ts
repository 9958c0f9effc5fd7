import { hash } from "node:crypto";
import type { SQLInputValue } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import { isWaiting } from "../../../trust/judging/is-waiting.ts";
import type { KeyPin } from "../../../trust/records/key-record.ts";
import {
  apiTokenText,
  keyText,
  memberText,
  notedText,
  tokenText,
  tombstoneText,
} from "../digest/decided-row.ts";
import { NEVER } from "../file/schema.ts";
import { searchedText } from "../lists/key-search.ts";
import { type KeyRow, toKeyRecord, toTokenRecord, type TokenRow } from "../lists/rows.ts";
import type { SnapshotTable } from "./snapshot-tables.ts";

/** A row of a snapshot, in the columns of its table. */
export type Values = readonly SQLInputValue[];
type Row = Readonly<Record<string, SQLInputValue>>;

/** What a row counts as, and what follows from it. */
export interface RowMeaning {
  /** As it counts in the digest; undefined for what does not. */
  readonly decided: string | undefined;
  /** What the table has of it besides, in the columns of `FOUND`. */
  readonly found: Values;
}

/** Columns that follow from the others of a row: lists find it by them. */
export const FOUND: Readonly<Record<string, readonly string[]>> = {
  keys: ["place", "searched"],
  events: ["hash", "reached"],
};

const NOTHING: RowMeaning = { decided: undefined, found: [] };

/** The values of a row that somebody wrote. Throws ERR_HANDCLASP_AUDIT. */
export function toValues({ columns, bytes = [] }: SnapshotTable, row: readonly unknown[]): Values {
  for (let at = 0; at < columns.length; at++) {
    const value = row[at];
    const column = columns[at] ?? "";
    const isValue = bytes.includes(column)
      ? value instanceof Uint8Array
      : value === null || typeof value === "number" || typeof value === "string";
    if (!isValue) throw untrue(`${column} is no value`);
  }
  return row as Values;
}

/** What a row means, of all tables but the chain of events. Throws ERR_HANDCLASP_AUDIT. */
export function meaningOf({ name, columns }: SnapshotTable, values: Values): RowMeaning {
  switch (name) {
    case "keys":
      return meaningOfKey(toRow(columns, values));
    case "certificates":
      mustBeCertificate(toRow(columns, values));
      return NOTHING;
    case "tombstones":
    case "tokens":
    case "api_tokens":
    case "group_members":
    case "noted":
      return { decided: decidedText(name, toRow(columns, values)), found: [] };
    default:
      return NOTHING;
  }
}

function toRow(columns: readonly string[], values: Values): Row {
  const row: Record<string, SQLInputValue> = {};
  for (let at = 0; at < columns.length; at++) row[columns[at] ?? ""] = values[at] ?? null;
  return row;
}

function meaningOfKey(row: Row): RowMeaning {
  const key = toKeyRecord(row as unknown as KeyRow);
  if (isWaiting(key)) throw untrue("it has keys that wait");
  return { decided: keyText(key), found: [key.firstSeen ?? NEVER, searchedText(key)] };
}

function mustBeCertificate({ der, fingerprint = null }: Row): void {
  if (hash("sha256", der as Uint8Array) !== fingerprint)
    throw untrue("a certificate has another fingerprint");
}

function decidedText(
  table: "tombstones" | "tokens" | "api_tokens" | "group_members" | "noted",
  row: Row,
): string {
  switch (table) {
    case "tombstones":
      return tombstoneText(row["pin"] as KeyPin, Number(row["at"]));
    case "tokens":
      return tokenText(toTokenRecord(row as unknown as TokenRow));
    case "api_tokens":
      return apiTokenText({
        id: textOf(row, "id"),
        hash: textOf(row, "hash"),
        name: textOf(row, "name"),
        nameKey: textOf(row, "name_key"),
        scope: row["scope"] as "read",
        createdAt: Number(row["created_at"]),
        expires: Number(row["expires"]),
        cancelledAt: row["cancelled_at"] as number | null,
      });
    case "group_members":
      return memberText({
        group: textOf(row, "group_name"),
        groupKey: textOf(row, "group_key"),
        nameKey: textOf(row, "name_key"),
        addedAt: Number(row["added_at"]),
      });
    case "noted":
      return notedText(textOf(row, "about"), textOf(row, "problem"));
  }
}

function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw untrue(`${column} is no text`);
  return value;
}

/** A snapshot that is not what it says. */
export function untrue(problem: string, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_AUDIT", `a snapshot is not what it says: ${problem}`, {
    cause,
    hint: "nothing of it is used; look who may write to the database of the cluster",
  });
}
