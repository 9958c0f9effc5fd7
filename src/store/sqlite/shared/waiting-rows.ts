import type { DatabaseSync } from "node:sqlite";
import { applyChange } from "../../../trust/changes/apply-change.ts";
import { isWaiting } from "../../../trust/judging/is-waiting.ts";
import { toSeenCertificate } from "../../../trust/judging/seen-certificate.ts";
import { holderOf } from "../../../trust/naming/holder-of.ts";
import { prepareChange } from "../../../trust/prepare-change.ts";
import type { KeyPin } from "../../../trust/records/key-record.ts";
import { readCertificate } from "../../../x509/certificate-facts.ts";
import { SqliteTables } from "../tables/sqlite-tables.ts";
import { parseWaiting } from "./parse-told.ts";

/** Room is made where a stranger came to, and in the cluster. */
const NO_BOUND = Number.MAX_SAFE_INTEGER;

/** Keys that wait at other machines, as they are held here: of what is said of one, all but its certificate is asked twice. */
export class WaitingRows {
  readonly #database: DatabaseSync;
  readonly #tables: SqliteTables;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#tables = new SqliteTables(database);
  }

  /** Why it was not taken; undefined when it was. One that waits here, too, stays as it was seen here. */
  take(pin: string, value: string, expires: number, node: string, now: number): string | undefined {
    const told = parseWaiting(value);
    const facts = readCertificate(told.certificate);
    if (facts.pin !== pin) return "its certificate is another key's";
    const certificate = toSeenCertificate(facts);
    const firstSeen = Math.min(told.firstSeen, now);
    const peer = told.newName ?? certificate.claimedName;
    const change = prepareChange({
      type: "hold",
      at: firstSeen,
      actor: { user: null, process: "", address: told.firstAddress, listener: null },
      peer,
      certificate,
      conflictsWith: null,
      pendingExpires: expires,
      maxPending: NO_BOUND,
    });
    const known = this.#tables.key(facts.pin);
    if (known !== undefined && !isWaiting(known)) return undefined;
    const isOwn = known !== undefined && this.#placesOf(facts.pin).every((place) => place === "");
    this.#database.prepare("INSERT OR IGNORE INTO waiting_at VALUES (?,?)").run(pin, node);
    if (isOwn) return undefined;
    const isSame =
      known?.fingerprint === facts.fingerprint && known.newName === told.newName && known.expires === expires;
    if (known !== undefined && !isSame) this.#tables.deleteKey(facts.pin);
    if (!isSame && change.type === "hold") {
      const name = change.peer?.nameKey;
      const holder = name === undefined ? undefined : holderOf(this.#tables, name, facts.pin);
      applyChange(this.#tables, { ...change, conflictsWith: holder?.pin ?? null });
    }
    this.#tables.noteSeen(facts.pin, Math.min(told.lastSeen, now));
    return undefined;
  }

  /** It waits at a machine no more; at the last of them, it waits nowhere. */
  end(pin: string, node: string): undefined {
    const { changes } = this.#database
      .prepare("DELETE FROM waiting_at WHERE pin = ? AND node = ?")
      .run(pin, node);
    if (changes > 0 && this.#placesOf(pin).length === 0) this.#drop(pin as KeyPin);
  }

  /** None waits at other machines. */
  endAll(): void {
    for (const { pin, node } of this.#database
      .prepare("SELECT pin, node FROM waiting_at WHERE node <> '' ORDER BY pin, node")
      .all())
      this.end(String(pin), String(node));
  }

  #drop(pin: KeyPin): void {
    const key = this.#tables.key(pin);
    if (key !== undefined && isWaiting(key)) this.#tables.deleteKey(pin);
  }

  /** The machines at which it waits; nothing for this one. */
  #placesOf(pin: string): readonly string[] {
    return this.#database
      .prepare("SELECT node FROM waiting_at WHERE pin = ? ORDER BY node")
      .all(pin)
      .map(({ node }) => String(node));
  }
}
