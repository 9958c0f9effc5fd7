import type { DatabaseSync } from "node:sqlite";
import type { ApiTokenRecord } from "../../../trust/records/api-token-record.ts";
import type { KeyPin, KeyRecord } from "../../../trust/records/key-record.ts";
import type { TokenRecord } from "../../../trust/records/token-record.ts";
import type { GroupMember } from "../../../trust/records/trust-tables.ts";
import { SqliteTables } from "./sqlite-tables.ts";
import type { DroppedTokens } from "./token-rows.ts";
import {
  apiTokenText,
  keyText,
  memberText,
  notedText,
  tokenText,
  tombstoneText,
} from "../digest/decided-row.ts";
import type { RowJournal } from "../digest/row-journal.ts";

/** The rows as whoever writes them has them: what counts in the digest is noted in a journal, which the caller keeps. */
export class JournaledTables extends SqliteTables {
  readonly #journal: RowJournal;

  constructor(database: DatabaseSync, journal: RowJournal) {
    super(database);
    this.#journal = journal;
  }

  override putKey(key: KeyRecord, seenAt?: number): void {
    const before = this.stored(key.pin);
    super.putKey(key, seenAt);
    this.#journal.note(before && keyText(before), keyText(key));
  }

  /** The key as it is in its row. */
  protected stored(pin: KeyPin): KeyRecord | undefined {
    return super.key(pin);
  }

  override deleteKey(pin: KeyPin): KeyRecord | undefined {
    const gone = super.deleteKey(pin);
    this.#journal.note(gone && keyText(gone), undefined);
    return gone;
  }

  override putTombstone(pin: KeyPin, at: number): void {
    const before = this.tombstone(pin);
    super.putTombstone(pin, at);
    this.#journal.note(before === undefined ? undefined : tombstoneText(pin, before), tombstoneText(pin, at));
  }

  override putToken(token: TokenRecord): void {
    const before = this.token(token.id);
    super.putToken(token);
    this.#journal.note(before && tokenText(before), tokenText(token));
  }

  override dropTokens(endedBefore: number): DroppedTokens {
    const dropped = super.dropTokens(endedBefore);
    for (const token of dropped.tokens) this.#journal.note(tokenText(token), undefined);
    for (const { about, problem } of dropped.noted) this.#journal.note(notedText(about, problem), undefined);
    return dropped;
  }

  override putApiToken(token: ApiTokenRecord): readonly ApiTokenRecord[] {
    const before = this.apiToken(token.id);
    const gone = super.putApiToken(token);
    for (const other of gone) this.#journal.note(apiTokenText(other), undefined);
    this.#journal.note(before && apiTokenText(before), apiTokenText(token));
    return gone;
  }

  override dropApiTokens(endedBefore: number): readonly ApiTokenRecord[] {
    const dropped = super.dropApiTokens(endedBefore);
    for (const token of dropped) this.#journal.note(apiTokenText(token), undefined);
    return dropped;
  }

  override noteOnce(problem: string, about: string): boolean {
    const isFirst = super.noteOnce(problem, about);
    if (isFirst) this.#journal.note(undefined, notedText(about, problem));
    return isFirst;
  }

  override putMember(member: GroupMember): void {
    this.deleteMember(member.nameKey, member.groupKey);
    super.putMember(member);
    this.#journal.note(undefined, memberText(member));
  }

  override deleteMember(folded: string, groupKey: string): GroupMember | undefined {
    const gone = super.deleteMember(folded, groupKey);
    this.#journal.note(gone && memberText(gone), undefined);
    return gone;
  }
}
