/**
 * Keys in the order in which they were written, found by an index of pins: in a table in the order of pins, which are
 * random, each new row moved others to other pages. While a snapshot is being taken in, some indexes are not there, but among
 * those that are to be made: here all are.
 */
export const KEY_TABLES = `UPDATE snapshot_load SET indexes =
     (SELECT json_group_array(value) FROM json_each(indexes) WHERE value NOT LIKE '%ON keys (%');
   ALTER TABLE keys RENAME TO former_keys;
   CREATE TABLE keys (
     pin TEXT NOT NULL PRIMARY KEY,
     state TEXT NOT NULL CHECK (state IN ('pending','trusted','revoked','ignored','retired')),
     peer TEXT,
     name_key TEXT,
     claimed_name TEXT,
     claimed_key TEXT,
     new_name TEXT,
     new_key TEXT,
     source TEXT NOT NULL,
     fingerprint TEXT NOT NULL,
     first_seen INTEGER,
     first_address TEXT,
     expires INTEGER,
     conflicts_with TEXT,
     stale_seen INTEGER NOT NULL,
     endorses_from INTEGER NOT NULL DEFAULT 0,
     note TEXT,
     version INTEGER NOT NULL DEFAULT 1,
     place INTEGER NOT NULL DEFAULT 9007199254740991,
     searched TEXT NOT NULL DEFAULT ''
   ) STRICT;
   INSERT INTO keys SELECT pin, state, peer, name_key, claimed_name, claimed_key, new_name, new_key, source, fingerprint, first_seen,
     first_address, expires, conflicts_with, stale_seen, endorses_from, note, version, place, searched FROM former_keys ORDER BY pin;
   DROP TABLE former_keys;
   CREATE INDEX keys_by_name ON keys (name_key, place, pin, state, source) WHERE name_key IS NOT NULL;
   CREATE INDEX keys_by_conflict ON keys (conflicts_with) WHERE conflicts_with IS NOT NULL;
   CREATE INDEX pending_keys ON keys (first_seen, pin, state, expires, note)
     WHERE state = 'pending' AND expires IS NOT NULL AND note IS NULL;
   CREATE INDEX keys_waiting ON keys (coalesce(new_key, claimed_key), first_seen, pin)
     WHERE state = 'pending' AND name_key IS NULL;
   CREATE INDEX keys_claiming ON keys (claimed_key, first_seen, pin) WHERE name_key IS NULL;
   CREATE INDEX keys_in_order ON keys (place, pin, state, source, name_key, searched);
   CREATE INDEX keys_not_trusted ON keys (state, place, pin, source, name_key, searched) WHERE state <> 'trusted';`;
