import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import { neighbourhood } from "../../../trust/network/source-network.ts";
import type { KeyPin } from "../../../trust/records/key-record.ts";
import type { KeySurroundings, RefusalTally } from "../../../trust/port/roll.ts";
import { SILENT_MS } from "../sightings/live-run.ts";
import { KEYS_BY_PIN, type CertificateRow, type RefusalRow, toListedRefusal } from "./rows.ts";

const MOST = 1000;

/** What is beside keys, for all of them at once: one query for each kind of it. */
export class Surroundings {
  readonly #database: DatabaseSync;
  readonly #machine: string | undefined;

  /** `machine` is what this one is called, where there are several. */
  constructor(database: DatabaseSync, machine: string | undefined) {
    this.#database = database;
    this.#machine = machine;
    database.function("neighbourhood", { deterministic: true }, (address) =>
      neighbourhood(address === null ? null : String(address)),
    );
  }

  /** With connections of runs that gave a sign of life around `now`. */
  of(pins: readonly KeyPin[], now: number): readonly KeySurroundings[] {
    if (pins.length > MOST) {
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `at most ${MOST} keys at once, not ${pins.length}`);
    }
    const asked = JSON.stringify(pins);
    const certificates = byPin(this.#rows(CERTIFICATES, asked) as CertificateRow[]);
    const connections = byPin(this.#rows(CONNECTIONS, asked, now, SILENT_MS) as ConnectionsRow[]);
    const refusals = byPin(this.#rows(REFUSALS, asked) as RefusalsRow[]);
    const groups = new Map<string, string[]>();
    for (const { pin, group } of this.#rows(GROUPS, asked) as readonly { pin: KeyPin; group: string }[]) {
      const others = groups.get(pin);
      if (others === undefined) groups.set(pin, [group]);
      else others.push(group);
    }
    return pins.map((pin) => {
      const refused = refusals.get(pin);
      return {
        pin,
        certificate: certificates.get(pin)?.der ?? null,
        groups: groups.get(pin) ?? [],
        connections: connections.get(pin)?.count ?? 0,
        refused: refused?.total ?? 0,
        lastRefusal: refused === undefined ? null : toListedRefusal(refused, this.#machine),
      };
    });
  }

  tally(since: number): readonly RefusalTally[] {
    return (this.#rows(TALLY, since, since, since) as readonly RefusalTally[]).map((row) => ({ ...row }));
  }

  #rows(sql: string, ...values: readonly SQLInputValue[]): readonly unknown[] {
    return this.#database.prepare(sql).all(...values);
  }
}

interface ConnectionsRow {
  readonly pin: KeyPin;
  readonly count: number;
}

interface RefusalsRow extends RefusalRow {
  readonly pin: KeyPin;
  readonly total: number;
}

function byPin<Row extends { readonly pin: KeyPin }>(rows: readonly Row[]): ReadonlyMap<KeyPin, Row> {
  return new Map(rows.map((row) => [row.pin, row]));
}

const ASKED = "(SELECT value FROM json_each(?))";

// Of a row that has the greatest of a column, SQLite gives the others, too.
const CERTIFICATES = `SELECT pin, max(c.number), der FROM ${KEYS_BY_PIN}
  CROSS JOIN certificates AS c ON c.key = keys.number WHERE pin IN ${ASKED} GROUP BY pin`;

const CONNECTIONS = `SELECT pin, count(*) AS count FROM connections INDEXED BY connections_by_pin
  CROSS JOIN runs ON runs.id = run WHERE pin IN ${ASKED} AND abs(beat - ?) <= ? GROUP BY pin`;

const REFUSALS = `SELECT *, max(last_at), sum(count) AS total FROM refusals INDEXED BY refusals_by_pin
  WHERE pin IN ${ASKED} GROUP BY pin`;

const GROUPS = `SELECT pin, group_name AS "group" FROM ${KEYS_BY_PIN}
  CROSS JOIN group_members AS member ON member.name_key = keys.name_key
  WHERE pin IN ${ASKED} ORDER BY pin, group_key`;

const TALLY = `SELECT reason, count(DISTINCT ifnull(neighbourhood(address), '')) AS networks,
    sum(CASE WHEN first_at >= ? THEN count
             ELSE max(1, round(1.0 * count * (last_at - ?) / (last_at - first_at))) END) AS count
  FROM refusals WHERE last_at >= ? GROUP BY reason`;
