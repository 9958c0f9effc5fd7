import type { DatabaseSync } from "node:sqlite";
import type { KeyPin, KeyState } from "../../../trust/records/key-record.ts";

/** A key that is something else on this machine than by its row. */
export interface BarredKey {
  readonly pin: KeyPin;
  /** By its row. */
  readonly former: KeyState;
  readonly state: KeyState;
}

const BARRED = `SELECT pin, former, state FROM (
    SELECT pin, keys.state AS former, (SELECT bars.state FROM bars WHERE bars.pin = keys.pin
        ORDER BY bars.state = 'revoked' DESC, bars.state = 'ignored' DESC LIMIT 1) AS state
      FROM (SELECT DISTINCT pin FROM bars) CROSS JOIN keys USING (pin))
  WHERE former NOT IN ('revoked', 'ignored') AND state <> former`;

/** Keys that are barred on this machine alone so far. */
export function barredHere(database: DatabaseSync): readonly BarredKey[] {
  return database.prepare(BARRED).all() as unknown as readonly BarredKey[];
}
