import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { looksLikeKeyId, parseKeyIdPrefix } from "../../../trust/naming/key-id.ts";
import type { KeyRecord } from "../../../trust/records/key-record.ts";
import { nameKey } from "../../../trust/naming/peer-name.ts";
import { beginsWith, type Condition, either, isAbout, isOneOf, mustBeShort } from "./page-query.ts";

/** Rows that are looked up one by one; where there are more, every row of a list is asked instead. */
export const FEW: number = 1000;

const PART_OF_ADDRESS = /^[\da-f.:]+$/i;
/** Fewer characters are in the pins of many keys, by chance. */
const PART_OF_PIN = /^(?:sha256:[A-Za-z\d+/=]*|[A-Za-z\d+/=]{4,})$/;

/** What a search looks for in a key, in one text: its names, its note, and where its first handshake came from. */
export function searchedText(
  key: Pick<KeyRecord, "nameKey" | "claimedKey" | "newKey" | "note" | "firstAddress">,
): string {
  const { nameKey: name, claimedKey, newKey, note, firstAddress } = key;
  const texts = [
    name,
    claimedKey === name ? null : claimedKey,
    newKey,
    note === null ? null : nameKey(note),
    firstAddress,
  ];
  return texts.filter((text) => text !== null).join("\n");
}

/** A text that somebody looks for keys by. */
export class KeySearch {
  readonly #database: DatabaseSync;
  /** As names are compared. */
  readonly #folded: string;
  readonly #text: string;
  #elsewhere: readonly string[] | undefined;
  /** Of all keys that are found, unless those are many. */
  #all: readonly string[] | undefined;

  constructor(database: DatabaseSync, search: string) {
    mustBeShort(search);
    this.#database = database;
    this.#text = search.trim();
    this.#folded = nameKey(search);
  }

  /** Pins of keys that are found by what does not stand in their row: by their key id, by where they were refused. */
  get elsewhere(): readonly string[] {
    this.#elsewhere ??= [...new Set([...this.#ofKeyId(), ...this.#refusedFrom()])];
    return this.#elsewhere;
  }

  /** Whether a row of `keys` is found by what stands in it. */
  get inRow(): Condition {
    if (this.#folded === "") return either();
    return either({ text: "instr(searched, ?)", values: [this.#folded] }, this.#partOf("keys.pin"));
  }

  /** Whether a pin is found by itself, whether its key is known or not: by a part of it, or by its key id. */
  inPin(pin: string): Condition {
    const prefix = pinPrefixOf(this.#text);
    return either(this.#partOf(pin), ...(prefix === undefined ? [] : [beginsWith(pin, prefix)]));
  }

  #partOf(pin: string): Condition {
    return PART_OF_PIN.test(this.#text) ? { text: `instr(${pin}, ?)`, values: [this.#text] } : either();
  }

  /** Whether the key of another row is found, in whichever way; `pin` is that row's column. */
  ofPin(pin: string): Condition {
    const pins = this.few;
    if (pins !== undefined) return isOneOf(pin, pins);
    const { text, values } = this.inRow;
    const inRow = { text: `EXISTS (SELECT 1 FROM keys WHERE keys.pin = ${pin} AND ${text})`, values };
    return either(inRow, isOneOf(pin, this.elsewhere));
  }

  /** Whether it is such a key, or the peer of one, that an event is about. */
  ofSubject(): Condition {
    const subjects = this.fewSubjects;
    if (subjects !== undefined) return isAbout(...subjects);
    const { text, values } = this.inRow;
    const isPeer = `EXISTS (SELECT 1 FROM keys WHERE keys.name_key = folded(about) AND ${text})`;
    return either(this.ofPin("about"), { text: isPeer, values });
  }

  /** What events about the keys that are found are about: pins, and names of peers; undefined when those are many. */
  get fewSubjects(): readonly string[] | undefined {
    const pins = this.few;
    if (pins === undefined) return undefined;
    const { text, values } = isOneOf("pin", pins);
    const sql = `SELECT DISTINCT peer FROM keys WHERE ${text} AND peer IS NOT NULL`;
    const peers = this.#database.prepare(sql).all(...values);
    return [...pins, ...peers.map(({ peer }) => String(peer))];
  }

  /** The pins of all keys that are found; undefined when those are many. */
  get few(): readonly string[] | undefined {
    if (this.#all === undefined) {
      const { text, values } = this.inRow;
      const sql = `SELECT pin FROM keys INDEXED BY keys_in_order WHERE ${text} LIMIT ${FEW + 1}`;
      this.#all = [...this.#pins(sql, values), ...this.elsewhere];
    }
    return this.#all.length > FEW ? undefined : this.#all;
  }

  #ofKeyId(): readonly string[] {
    const prefix = pinPrefixOf(this.#text);
    if (prefix === undefined) return [];
    const { text, values } = beginsWith("pin", prefix);
    return this.#pins(`SELECT pin FROM keys WHERE ${text} LIMIT ${FEW}`, values);
  }

  #refusedFrom(): readonly string[] {
    if (!PART_OF_ADDRESS.test(this.#text)) return [];
    const sql = "SELECT DISTINCT pin FROM refusals WHERE pin IS NOT NULL AND instr(address, ?)";
    return this.#pins(sql, [this.#text.toLowerCase()]);
  }

  #pins(sql: string, values: readonly SQLInputValue[]): readonly string[] {
    return this.#database
      .prepare(sql)
      .all(...values)
      .map(({ pin }) => String(pin));
  }
}

function pinPrefixOf(text: string): string | undefined {
  if (!looksLikeKeyId(text)) return undefined;
  try {
    return parseKeyIdPrefix(text).pinPrefix;
  } catch {
    return undefined;
  }
}
