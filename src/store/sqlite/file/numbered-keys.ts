/**
 * Keys with numbers, in the order in which they came, by which their certificates and their moments are found: of what comes with a new
 * key, only what is found by a pin, a fingerprint or a subject is written among others; all else behind what is there. No
 * certificate has the number of one that is gone: whoever reads tells by the highest whether there are new ones. While a snapshot is
 * being taken in, some indexes are not there, but among those that are to be made: here all are.
 */
export const NUMBERED_KEYS = `UPDATE snapshot_load SET indexes =
     (SELECT json_group_array(value) FROM json_each(indexes)
        WHERE value NOT LIKE '%ON keys (%' AND value NOT LIKE '%ON certificates (%' AND value NOT LIKE '%ON events (about)%');
   ALTER TABLE keys RENAME TO former_keys;
   CREATE TABLE keys (
     number INTEGER PRIMARY KEY,
     pin TEXT NOT NULL UNIQUE,
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
   INSERT INTO keys (pin, state, peer, name_key, claimed_name, claimed_key, new_name, new_key, source, fingerprint, first_seen,
       first_address, expires, conflicts_with, stale_seen, endorses_from, note, version, place, searched)
     SELECT pin, state, peer, name_key, claimed_name, claimed_key, new_name, new_key, source, fingerprint, first_seen,
       first_address, expires, conflicts_with, stale_seen, endorses_from, note, version, place, searched
     FROM former_keys ORDER BY pin;
   DROP TABLE former_keys;
   CREATE INDEX keys_by_name ON keys (name_key, place, pin, state, source) WHERE name_key IS NOT NULL;
   CREATE INDEX keys_by_conflict ON keys (conflicts_with) WHERE conflicts_with IS NOT NULL;
   CREATE INDEX pending_keys ON keys (first_seen, pin, state, expires, note)
     WHERE state = 'pending' AND expires IS NOT NULL AND note IS NULL;
   CREATE INDEX keys_waiting ON keys (coalesce(new_key, claimed_key), first_seen, pin)
     WHERE state = 'pending' AND name_key IS NULL;
   CREATE INDEX keys_claiming ON keys (claimed_key, first_seen, pin) WHERE name_key IS NULL;
   CREATE INDEX keys_in_order ON keys (place, pin, state, source, name_key, searched);
   CREATE INDEX keys_not_trusted ON keys (state, place, pin, source, name_key, searched) WHERE state <> 'trusted';
   ALTER TABLE certificates RENAME TO former_certificates;
   CREATE TABLE certificates (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     key INTEGER NOT NULL,
     fingerprint TEXT NOT NULL,
     der BLOB NOT NULL,
     added_at INTEGER NOT NULL
   ) STRICT;
   INSERT INTO certificates SELECT former.number, keys.number, former.fingerprint, der, added_at
     FROM former_certificates AS former CROSS JOIN keys ON keys.pin = former.pin ORDER BY former.number;
   DROP TABLE former_certificates;
   CREATE INDEX certificates_by_key ON certificates (key);
   CREATE INDEX certificates_by_fingerprint ON certificates (substr(fingerprint, 1, 16));
   ALTER TABLE seen RENAME TO former_seen;
   CREATE TABLE seen (key INTEGER PRIMARY KEY, pin TEXT NOT NULL, last_seen INTEGER NOT NULL) STRICT;
   INSERT INTO seen SELECT number, pin, last_seen FROM keys CROSS JOIN former_seen USING (pin) ORDER BY number;
   DROP TABLE former_seen;
   DROP INDEX IF EXISTS events_by_subject;
   CREATE INDEX events_by_subject ON events (iif(substr(about, 1, 7) = 'sha256:', substr(about, 8, 16), about));`;
