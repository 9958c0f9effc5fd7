import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isWaiting } from "../../../trust/judging/is-waiting.ts";
import type { SeenRow } from "../../log/settled-change.ts";
import type { EventDraft } from "../../../trust/records/events.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "../../../trust/records/key-record.ts";
import { CERTIFICATE_OF_KEY } from "../lists/rows.ts";
import type { KeyMarks } from "./key-marks.ts";
import { JournaledTables } from "./journaled-tables.ts";
import { NOT_ELSEWHERE } from "./logged-tables.ts";
import type { RowJournal } from "../digest/row-journal.ts";

/**
 * The rows as a change finds them that is settled: all that are known here; those that it is about are noted, to be brought
 * along. What most changes write, keys and what belongs to them, is written once it is to be kept, or something has to be read that
 * depends on it: most that is settled is taken back.
 */
export class SettlingTables extends JournaledTables {
  protected override readonly droppable: string = NOT_ELSEWHERE;
  readonly #certificate: StatementSync;
  readonly #marks: KeyMarks;
  /** As they were before the change wrote any; null for those that were not there. */
  readonly #asked = new Map<KeyPin, SeenRow | null>();
  /** Not written yet. */
  readonly #keys = new Map<KeyPin, KeyRecord>();
  #unwritten: (() => void)[] = [];
  /** Given out, and not counted yet. */
  #given: { decided: number; waiting: number } | undefined;
  #decides = false;
  #isMakingRoom = false;

  constructor(database: DatabaseSync, journal: RowJournal, marks: KeyMarks) {
    super(database, journal);
    this.#marks = marks;
    this.#certificate = database.prepare(CERTIFICATE_OF_KEY);
  }

  /** For another change. What was not kept of the one before is not written. */
  begin(): void {
    this.#asked.clear();
    this.#decides = false;
    this.#drop();
  }

  /** Whether something was decided since `begin`, and not only what waits was written. */
  get decides(): boolean {
    return this.#decides;
  }

  /** What a change asked for that was carried out since `begin`. */
  get asked(): readonly SeenRow[] {
    return [...this.#asked.values()].filter((row) => row !== null);
  }

  /** Writes what the change does. */
  keep(): void {
    const unwritten = this.#unwritten;
    this.#drop();
    for (const write of unwritten) write();
  }

  override key(pin: KeyPin): KeyRecord | undefined {
    const written = this.#keys.get(pin);
    if (written !== undefined && this.#asked.has(pin)) return written;
    if (written !== undefined) this.keep();
    const key = super.key(pin);
    this.#note(pin, key);
    return key;
  }

  override keysOfName(folded: string): readonly KeyRecord[] {
    return this.#written(
      () => super.keysOfName(folded),
      ({ nameKey }) => nameKey === folded,
    );
  }

  override conflictsOf(pin: KeyPin): readonly KeyRecord[] {
    return this.#written(
      () => super.conflictsOf(pin),
      ({ conflictsWith }) => conflictsWith === pin,
    );
  }

  override keysWaitingFor(folded: string): readonly KeyRecord[] {
    return this.#written(
      () => super.keysWaitingFor(folded),
      ({ state, nameKey, newKey, claimedKey }) =>
        state === "pending" && nameKey === null && (newKey ?? claimedKey) === folded,
    );
  }

  override keysClaiming(folded: string): readonly KeyRecord[] {
    this.keep();
    return super.keysClaiming(folded);
  }

  override keysByPinPrefix(prefix: string): readonly KeyRecord[] {
    this.keep();
    return super.keysByPinPrefix(prefix);
  }

  override keysByFingerprint(fingerprint: string): readonly KeyRecord[] {
    this.keep();
    return super.keysByFingerprint(fingerprint);
  }

  override putKey(key: KeyRecord, seenAt?: number): void {
    this.#keys.set(key.pin, key);
    this.#unwritten.push(() => {
      super.putKey(key, seenAt);
      if (isWaiting(key)) this.#marks.waits(key.pin);
      else this.#marks.written(key.pin);
    });
  }

  override putCertificate(certificate: CertificateRecord, kept?: number): void {
    this.#unwritten.push(() => {
      super.putCertificate(certificate, kept);
      this.#marks.written(certificate.pin);
    });
  }

  override deleteKey(pin: KeyPin): KeyRecord | undefined {
    this.keep();
    if (!this.#isMakingRoom) this.#note(pin, super.key(pin));
    return super.deleteKey(pin);
  }

  /** Whoever is dropped for others is nobody that a change is about. */
  override makeRoomForPending(most: number, now: number): void {
    this.keep();
    this.#isMakingRoom = true;
    try {
      super.makeRoomForPending(most, now);
    } finally {
      this.#isMakingRoom = false;
    }
  }

  /** Whatever operators look at in a row that is decided about gives it another version. */
  override nextVersion(isOfWaiting: boolean): number {
    this.#decides ||= !isOfWaiting;
    this.#given ??= { ...this.versions() };
    this.#unwritten.push(() => void super.nextVersion(isOfWaiting));
    return (this.#given[isOfWaiting ? "waiting" : "decided"] += 2);
  }

  /** What decides something is taken back: its event need not be made for that. */
  override appendEvent(_draft: EventDraft): void {
    this.#decides = true;
  }

  /** Reads rows as though all were written: what is not written is none of them, or is written first. */
  #written(read: () => readonly KeyRecord[], isMeant: (key: KeyRecord) => boolean): readonly KeyRecord[] {
    if ([...this.#keys.values()].some(isMeant)) this.keep();
    const keys = read();
    return this.#keys.size === 0 ? keys : keys.filter(({ pin }) => !this.#keys.has(pin));
  }

  #drop(): void {
    this.#keys.clear();
    this.#unwritten = [];
    this.#given = undefined;
  }

  #note(pin: KeyPin, key: KeyRecord | undefined): void {
    if (key === undefined || this.#asked.has(pin)) return;
    const certificate = this.#certificate.get(pin, key.fingerprint) as unknown as
      | CertificateRecord
      | undefined;
    if (certificate === undefined) return;
    this.#asked.set(pin, { waiting: isWaiting(key) ? key : null, certificate: { ...certificate } });
  }
}
