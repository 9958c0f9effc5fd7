import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { openDatabase } from "../../../src/node-sqlite.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { decidedTables } from "../../store/replica/support/decided-rows.ts";

/** What is compared of the two tables that grow with the log; of all others it is all rows. */
export interface Touched {
  readonly pins: Iterable<KeyPin>;
  /** Events after this number. */
  readonly afterEvent: number;
}

/** What strangers brought is each machine's own. */
const DECIDED = "NOT (state = 'pending' AND expires IS NOT NULL AND note IS NULL)";
/** Which certificate is the newest, and by what number it is found. */
const OWN_OF_KEYS: ReadonlySet<string> = new Set(["fingerprint", "number"]);
const TOUCHED = "pin IN (SELECT pin FROM temp.touched)";
const MOST_SHOWN = 3;

/** Throws where what was decided is not the same in all files, or a name that is given once has two keys; by default, of all rows. */
export function compareReplicas(paths: readonly string[], touched?: Touched): void {
  const database = openDatabase(":memory:");
  try {
    for (const [at, path] of paths.entries())
      database.prepare(`ATTACH ? AS replica_${at}`).run(`${pathToFileURL(path).href}?mode=ro`);
    database.exec("CREATE TEMP TABLE touched (pin TEXT PRIMARY KEY) WITHOUT ROWID");
    database.exec("BEGIN");
    const touch = database.prepare("INSERT OR IGNORE INTO temp.touched VALUES (?)");
    for (const pin of touched?.pins ?? []) touch.run(pin);
    for (const [at, path] of paths.entries()) {
      const replica = `replica_${at}`;
      mustBeUnique(database, replica, touched !== undefined);
      if (at === 0) continue;
      const unequal = difference(database, ["replica_0", replica], touched);
      if (unequal !== undefined) throw new Error(`${path} is not what ${paths[0]} is: ${unequal}`);
    }
  } finally {
    database.close();
  }
}

function mustBeUnique(database: DatabaseSync, replica: string, isTouched: boolean): void {
  const names = `name_key IN (SELECT name_key FROM ${replica}.keys WHERE ${TOUCHED})`;
  const twice = database
    .prepare(
      `SELECT name_key FROM ${replica}.keys WHERE state = 'trusted' AND name_key GLOB 'peer-*'
         ${isTouched ? `AND ${names}` : ""} GROUP BY name_key HAVING count(*) > 1`,
    )
    .all();
  if (twice.length > 0) throw new Error(`names have two keys: ${JSON.stringify(twice)}`);
}

/** What one has and the other has not; undefined for nothing. */
function difference(
  database: DatabaseSync,
  [one, other]: readonly [string, string],
  touched: Touched | undefined,
): string | undefined {
  const tables = decidedTables(database, one);
  const others = decidedTables(database, other);
  if (tables.join() !== others.join()) return `tables: ${tables.join()}; ${others.join()}`;
  for (const table of tables) {
    const { columns, keys, which } = comparedOf(database, one, table, touched);
    const [here, there] = [one, other].map(
      (replica) => `(SELECT ${columns.join(", ")} FROM ${replica}.${table} WHERE ${which})`,
    );
    const count = (rows: string): unknown =>
      database.prepare(`SELECT count(*) AS count FROM ${rows}`).get()?.["count"];
    const equal = columns.map((name) => `here.${name} IS there.${name}`).join(" AND ");
    // By their keys: to have them sorted takes several times as long.
    const byKeys = keys.map((name) => `here.${name} = there.${name}`).join(" AND ");
    const same = `${here} AS here JOIN ${there} AS there ON ${byKeys === "" ? equal : byKeys} WHERE ${equal}`;
    const counts = [`${here}`, `${there}`].map(count);
    if (counts[0] === counts[1] && count(same) === counts[0]) continue;
    const only = [`${here} EXCEPT SELECT * FROM ${there}`, `${there} EXCEPT SELECT * FROM ${here}`].map(
      (rows) => database.prepare(`SELECT * FROM ${rows} LIMIT ${MOST_SHOWN}`).all(),
    );
    return `${table}: ${counts.join(" and ")} rows; ${JSON.stringify(only)}`;
  }
  return undefined;
}

interface Compared {
  readonly columns: readonly string[];
  /** What tells its rows apart; none for a table of one row. */
  readonly keys: readonly string[];
  readonly which: string;
}

/** What is the same on all machines of a table; columns that follow from others are left out. */
function comparedOf(database: DatabaseSync, replica: string, table: string, touched?: Touched): Compared {
  const all = database.prepare("SELECT name, pk FROM pragma_table_info(?, ?)").all(table, replica);
  const columns = all.map(({ name }) => String(name));
  const keys = all.filter(({ pk }) => Number(pk) > 0).map(({ name }) => String(name));
  switch (table) {
    case "keys": {
      const shared = columns.filter((name) => !OWN_OF_KEYS.has(name));
      const which = touched === undefined ? DECIDED : `${DECIDED} AND ${TOUCHED}`;
      return { columns: shared, keys: ["pin"], which };
    }
    case "key_versions":
      return { columns: ["decided"], keys, which: "true" };
    case "events":
      return { columns, keys, which: touched === undefined ? "true" : `sequence > ${touched.afterEvent}` };
    default:
      return { columns, keys, which: "true" };
  }
}
