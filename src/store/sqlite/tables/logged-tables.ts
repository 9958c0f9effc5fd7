import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isWaiting } from "../../../trust/judging/is-waiting.ts";
import type { SeenRow } from "../../log/settled-change.ts";
import type { EventDraft } from "../../../trust/records/events.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "../../../trust/records/key-record.ts";
import { JournaledTables } from "./journaled-tables.ts";
import { FROM_STRANGERS } from "./sqlite-tables.ts";
import type { RowJournal } from "../digest/row-journal.ts";

/** What is counted from there has room, whatever another machine says. */
const MOST_VERSION = 2 ** 52;

/**
 * The rows as a change of the log finds them: keys that wait are there only if the change brings them. While a change is
 * settled all are there, and those that it is about are noted, to be brought along.
 */
export class LoggedTables extends JournaledTables {
  /** Those that wait at other machines are dropped there: no machine's strangers push out another's. */
  protected override readonly droppable: string = `${FROM_STRANGERS}
    AND NOT EXISTS (SELECT 1 FROM waiting_at WHERE waiting_at.pin = keys.pin AND node <> '')`;
  readonly #certificate: StatementSync;
  readonly #raise: StatementSync;
  /** Null while a change is settled. */
  #brought: ReadonlySet<KeyPin> | null = null;
  /** As they were before the change wrote any; null for those that were not there. */
  readonly #asked = new Map<KeyPin, SeenRow | null>();
  #decides = false;
  #isMakingRoom = false;

  constructor(database: DatabaseSync, journal: RowJournal) {
    super(database, journal);
    this.#raise = database.prepare("UPDATE key_versions SET waiting = ? WHERE waiting < ?");
    this.#certificate = database.prepare(
      'SELECT pin, fingerprint, der, added_at AS "addedAt" FROM certificates WHERE pin = ? AND fingerprint = ?',
    );
  }

  /** From now on, all keys are there. */
  beginSettling(): void {
    this.#brought = null;
    this.#asked.clear();
    this.#decides = false;
  }

  /** Whether something was decided since `beginSettling`, and not only what waits was written. */
  get decides(): boolean {
    return this.#decides;
  }

  /** What a change asked for that was carried out since `beginSettling`. */
  get asked(): readonly SeenRow[] {
    return [...this.#asked.values()].filter((row) => row !== null);
  }

  /** From now on, of the keys that wait these are there alone, as they were seen, unless something was decided about them. */
  bring(seen: readonly SeenRow[]): void {
    this.#asked.clear();
    this.#brought = new Set();
    for (const { waiting, certificate } of seen) this.#put(waiting, certificate);
    this.#brought = new Set(seen.flatMap(({ waiting }) => waiting?.pin ?? []));
  }

  override key(pin: KeyPin): KeyRecord | undefined {
    const key = super.key(pin);
    if (this.#brought === null) this.#note(pin, key);
    return key !== undefined && this.#isThere(key) ? key : undefined;
  }

  override keysClaiming(folded: string): readonly KeyRecord[] {
    return super.keysClaiming(folded).filter((key) => this.#isThere(key));
  }

  override keysByPinPrefix(prefix: string): readonly KeyRecord[] {
    return super.keysByPinPrefix(prefix).filter((key) => this.#isThere(key));
  }

  override keysByFingerprint(fingerprint: string): readonly KeyRecord[] {
    return super.keysByFingerprint(fingerprint).filter((key) => this.#isThere(key));
  }

  override deleteKey(pin: KeyPin): KeyRecord | undefined {
    if (this.#brought === null && !this.#isMakingRoom) this.#note(pin, super.key(pin));
    return super.deleteKey(pin);
  }

  /** Whoever is dropped for others is nobody that a change is about. */
  override makeRoomForPending(most: number, now: number): void {
    this.#isMakingRoom = true;
    super.makeRoomForPending(most, now);
    this.#isMakingRoom = false;
  }

  /** Whatever operators look at in a row that is decided about gives it another version. */
  override nextVersion(isOfWaiting: boolean): number {
    this.#decides ||= !isOfWaiting;
    return super.nextVersion(isOfWaiting);
  }

  /** What decides something is taken back when it is settled: its event need not be made for that. */
  override appendEvent(draft: EventDraft): void {
    this.#decides = true;
    if (this.#brought !== null) super.appendEvent(draft);
  }

  #isThere(key: KeyRecord): boolean {
    return this.#brought === null || this.#brought.has(key.pin) || !isWaiting(key);
  }

  #note(pin: KeyPin, key: KeyRecord | undefined): void {
    if (key === undefined || this.#asked.has(pin)) return;
    const certificate = this.#certificate.get(pin, key.fingerprint) as unknown as
      | CertificateRecord
      | undefined;
    if (certificate === undefined) return;
    this.#asked.set(pin, { waiting: isWaiting(key) ? key : null, certificate: { ...certificate } });
  }

  /** Of another machine's, which counts on its own: no row here is newer than what is counted here. */
  #noteVersion(version: number): void {
    if (version % 2 === 1 && version < MOST_VERSION) this.#raise.run(version, version);
  }

  #put(waiting: KeyRecord | null, certificate: CertificateRecord): void {
    const known = super.key(certificate.pin);
    const isDecided = known !== undefined && !isWaiting(known);
    if (isDecided) super.putKey({ ...known, fingerprint: certificate.fingerprint });
    else if (waiting === null) return;
    else {
      super.deleteKey(waiting.pin);
      super.putKey(waiting);
      this.#noteVersion(waiting.version);
    }
    super.putCertificate(certificate);
  }
}
