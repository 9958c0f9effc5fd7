import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isWaiting } from "../../../trust/judging/is-waiting.ts";
import type { SeenRow } from "../../log/settled-change.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "../../../trust/records/key-record.ts";
import { JournaledTables } from "./journaled-tables.ts";
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
  #brought: ReadonlySet<KeyPin> = new Set();

  constructor(database: DatabaseSync, journal: RowJournal) {
    super(database, journal);
    this.#raise = database.prepare("UPDATE key_versions SET waiting = ? WHERE waiting < ?");
  }

  /** From now on, of the keys that wait these are there alone, as they were seen, unless something was decided about them. */
  bring(seen: readonly SeenRow[]): void {
    for (const { waiting, certificate } of seen) this.#put(waiting, certificate);
    this.#brought = new Set(seen.flatMap(({ waiting }) => waiting?.pin ?? []));
  }

  override key(pin: KeyPin): KeyRecord | undefined {
    const key = super.key(pin);
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

  #isThere(key: KeyRecord): boolean {
    return this.#brought.has(key.pin) || !isWaiting(key);
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
