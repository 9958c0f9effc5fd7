import { KEYS_BY_PIN } from "../lists/rows.ts";

/** A table of which a snapshot has rows. */
export interface SnapshotTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns that hold bytes. */
  readonly bytes?: readonly string[];
  /** Where the rows are read from, if not from the table alone. */
  readonly from?: string;
  /** Which rows, and in which order: that of the table, so that they are written one behind the other. */
  readonly which: string;
}

/** Outcomes that are kept. */
const OUTCOMES = 10_000;
const DECIDED = "NOT (state = 'pending' AND expires IS NOT NULL AND note IS NULL)";

/**
 * What a log of changes leads to, in the order of a snapshot; and when keys were seen, which nothing depends on. What follows
 * from the other columns of a row is not in it.
 */
export const SNAPSHOT_TABLES: readonly SnapshotTable[] = [
  {
    name: "keys",
    columns:
      "pin state peer name_key claimed_name claimed_key new_name new_key source fingerprint first_seen first_address expires conflicts_with stale_seen endorses_from note version".split(
        " ",
      ),
    which: `WHERE ${DECIDED} ORDER BY pin`,
  },
  {
    name: "certificates",
    columns: ["pin", "fingerprint", "der", "added_at"],
    bytes: ["der"],
    from: `(SELECT pin, c.fingerprint, der, added_at, c.number, state, expires, note
      FROM ${KEYS_BY_PIN} CROSS JOIN certificates AS c ON c.key = keys.number)`,
    which: `WHERE ${DECIDED} ORDER BY pin, number`,
  },
  { name: "tombstones", columns: ["pin", "at"], which: "ORDER BY pin" },
  {
    name: "tokens",
    columns:
      "id public_key peer name_key server_pin from_network replaces created_at expires used_at used_by cancelled_at into_groups".split(
        " ",
      ),
    bytes: ["public_key"],
    which: "ORDER BY id",
  },
  {
    name: "api_tokens",
    columns: ["id", "hash", "name", "name_key", "scope", "created_at", "expires", "cancelled_at"],
    which: "ORDER BY id",
  },
  {
    name: "group_members",
    columns: ["name_key", "group_key", "group_name", "added_at"],
    which: "ORDER BY name_key, group_key",
  },
  { name: "noted", columns: ["problem", "about"], which: "ORDER BY about, problem" },
  { name: "first_use_window", columns: ["event", "until", "most", "network", "taken"], which: "" },
  { name: "key_versions", columns: ["decided"], which: "" },
  { name: "events", columns: ["sequence", "json"], which: "ORDER BY sequence" },
  {
    name: "outcomes",
    columns: ["id", "position", "json"],
    which: `WHERE position > (SELECT max(position) FROM outcomes) - ${OUTCOMES} ORDER BY position`,
  },
  {
    name: "seen",
    columns: ["pin", "last_seen"],
    from: `(SELECT keys.pin, last_seen FROM ${KEYS_BY_PIN} CROSS JOIN seen ON seen.key = keys.number)`,
    which: "WHERE last_seen > 0 ORDER BY pin",
  },
];
