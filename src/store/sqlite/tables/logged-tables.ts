import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isWaiting } from "../../../trust/judging/is-waiting.ts";
import type { SeenRow } from "../../log/settled-change.ts";
import type { EventDraft, SealedEvent } from "../../../trust/records/events.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "../../../trust/records/key-record.ts";
import { AbsentRows } from "./absent-rows.ts";
import type { KeyMarks } from "./key-marks.ts";
import { type KeyRow, toKeyRecord } from "../lists/rows.ts";
import { JournaledTables } from "./journaled-tables.ts";
import type { ChainEnd, VersionsGiven } from "./ends.ts";
import { FROM_STRANGERS } from "./sqlite-tables.ts";
import type { RowJournal } from "../digest/row-journal.ts";

/** What is counted from there has room, whatever another machine says. */
const MOST_VERSION = 2 ** 52;

/** Those that wait at other machines are dropped there: no machine's strangers push out another's. */
export const NOT_ELSEWHERE: string = `${FROM_STRANGERS}
    AND NOT EXISTS (SELECT 1 FROM waiting_at WHERE waiting_at.pin = keys.pin AND node <> '')`;

/** The rows as a change of the log finds them: keys that wait are there only if the change brings them. */
export class LoggedTables extends JournaledTables {
  protected override readonly droppable: string = NOT_ELSEWHERE;
  readonly #raise: StatementSync;
  readonly #beginning: StatementSync;
  readonly #count: StatementSync;
  readonly #marks: KeyMarks;
  readonly #absent: AbsentRows;
  /** Of whose certificates the change says which is the newest. */
  #seen: readonly SeenRow[] = [];
  #shown: KeyPin | null = null;
  #brought: ReadonlySet<KeyPin> = new Set();
  /** What was read last, until it is written: a change asks for its key time and again. */
  #lastRead: { readonly pin: KeyPin; readonly key: KeyRecord | undefined } | null = null;

  /** A key that was not there before: it has no certificates yet. */
  #new: KeyPin | null = null;

  /** Of changes that are carried out at once: what the next one counts on. */
  #versions: VersionsGiven | null = null;
  #end: ChainEnd | null = null;

  constructor(database: DatabaseSync, journal: RowJournal, marks: KeyMarks) {
    super(database, journal);
    this.#marks = marks;
    this.#absent = new AbsentRows(database);
    this.#beginning = database.prepare(
      `SELECT * FROM keys WHERE pin >= ? AND pin < ? || '~'
         AND (NOT (${FROM_STRANGERS}) OR pin IN (SELECT value FROM json_each(?))) ORDER BY pin LIMIT 1000`,
    );
    this.#raise = database.prepare("UPDATE key_versions SET waiting = ? WHERE waiting < ?");
    this.#count = database.prepare("UPDATE key_versions SET decided = ?, waiting = ?");
  }

  /**
   * Has changes carried out that are taken back all together or not at all: the versions that they give out are counted, and the end
   * of the chain is known, without asking the database at each, and nothing is looked for of which there is none.
   */
  atOnce(carryOut: () => void): void {
    try {
      this.#absent.begin();
      this.#versions = this.versions();
      this.#end = this.end();
      carryOut();
      this.#count.run(this.#versions.decided, this.#versions.waiting);
    } finally {
      this.#versions = null;
      this.#end = null;
      this.#absent.end();
    }
  }

  /**
   * From now on, of the keys that wait these are there alone, as they were seen, unless something was decided about them.
   * `shown` is the key whose certificate the change is about.
   */
  bring(seen: readonly SeenRow[], shown: KeyPin | null = null): void {
    this.#lastRead = null;
    this.#new = null;
    this.#seen = seen;
    this.#shown = shown;
    for (const { waiting, certificate } of seen) this.#put(waiting, certificate);
    this.#brought = new Set(seen.flatMap(({ waiting }) => waiting?.pin ?? []));
  }

  override key(pin: KeyPin): KeyRecord | undefined {
    const key = this.stored(pin);
    return key !== undefined && this.#isThere(key) ? key : undefined;
  }

  override putKey(key: KeyRecord, seenAt?: number): void {
    this.#new = this.stored(key.pin) === undefined ? key.pin : null;
    super.putKey(key, seenAt);
    this.#lastRead = null;
    this.#absent.putKey(key);
    if (!this.#absent.shared) this.#marks.written(key.pin);
  }

  override deleteKey(pin: KeyPin): KeyRecord | undefined {
    this.#lastRead = null;
    this.#new = null;
    return super.deleteKey(pin);
  }

  override putCertificate(certificate: CertificateRecord, kept?: number): void {
    super.putCertificate(certificate, kept);
    this.#new = null;
  }

  protected override countCertificates(pin: KeyPin): number {
    return pin === this.#new ? 0 : super.countCertificates(pin);
  }

  override putTombstone(pin: KeyPin, at: number): void {
    super.putTombstone(pin, at);
    this.#absent.putTombstone();
  }

  override tombstone(pin: KeyPin): number | undefined {
    return this.#absent.tombstones ? undefined : super.tombstone(pin);
  }

  override conflictsOf(pin: KeyPin): readonly KeyRecord[] {
    return this.#absent.conflicts ? [] : super.conflictsOf(pin);
  }

  override keysWaitingFor(folded: string): readonly KeyRecord[] {
    return this.#absent.waiting ? [] : super.keysWaitingFor(folded);
  }

  protected override stored(pin: KeyPin): KeyRecord | undefined {
    if (this.#lastRead?.pin !== pin) this.#lastRead = { pin, key: super.stored(pin) };
    return this.#lastRead.key;
  }

  override keysClaiming(folded: string): readonly KeyRecord[] {
    return super.keysClaiming(folded).filter((key) => this.#isThere(key));
  }

  override keysByPinPrefix(prefix: string): readonly KeyRecord[] {
    const rows = this.#beginning.all(prefix, prefix, JSON.stringify([...this.#brought]));
    return rows.map((row) => toKeyRecord(row as unknown as KeyRow));
  }

  override keysByFingerprint(): readonly KeyRecord[] {
    throw new TypeError("no change of a log names a key by a fingerprint");
  }

  /** Which certificate of a key is the newest is each machine's own: no event says it, unless the change does. */
  override appendEvent(draft: EventDraft): void {
    if (draft.details["fingerprint"] === undefined || this.#isCertified(draft.pin))
      return super.appendEvent(draft);
    const { fingerprint: _own, ...details } = draft.details;
    super.appendEvent({ ...draft, details });
  }

  override nextVersion(isOfWaiting: boolean): number {
    if (this.#versions === null) return super.nextVersion(isOfWaiting);
    const { decided, waiting } = this.#versions;
    this.#versions = isOfWaiting ? { decided, waiting: waiting + 2 } : { decided: decided + 2, waiting };
    return (isOfWaiting ? waiting : decided) + 2;
  }

  protected override putEvent(event: SealedEvent, reached: number): void {
    super.putEvent(event, reached);
    if (this.#end !== null) this.#end = { sequence: event.sequence, hash: event.hash, reached };
  }

  protected override end(): ChainEnd {
    return this.#end ?? super.end();
  }

  #isCertified(pin: KeyPin | null): boolean {
    return (
      pin !== null && (pin === this.#shown || this.#seen.some(({ certificate }) => certificate.pin === pin))
    );
  }

  #isThere(key: KeyRecord): boolean {
    return this.#brought.has(key.pin) || !isWaiting(key);
  }

  /** Of another machine's, which counts on its own: no row here is newer than what is counted here. */
  #noteVersion(version: number): void {
    if (version % 2 !== 1 || version >= MOST_VERSION) return;
    if (this.#versions === null) this.#raise.run(version, version);
    else if (this.#versions.waiting < version) this.#versions = { ...this.#versions, waiting: version };
  }

  #put(waiting: KeyRecord | null, certificate: CertificateRecord): void {
    const known = super.key(certificate.pin);
    const isDecided = known !== undefined && !isWaiting(known);
    if (isDecided) this.putKey({ ...known, fingerprint: certificate.fingerprint });
    else if (waiting === null) return;
    else {
      this.deleteKey(waiting.pin);
      this.putKey(waiting);
      this.#noteVersion(waiting.version);
    }
    this.putCertificate(certificate);
  }
}
