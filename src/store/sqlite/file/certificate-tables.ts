/**
 * Certificates with small indexes, in which rows of neighbours share a page; that there is one row of each is seen to by whoever
 * writes it. While a snapshot is being taken in, the former index is not there, but among those that are to be made.
 */
export const CERTIFICATE_TABLES = `DROP INDEX IF EXISTS certificates_by_fingerprint;
   UPDATE snapshot_load SET indexes =
     (SELECT json_group_array(value) FROM json_each(indexes) WHERE value NOT LIKE '%certificates_by_fingerprint%');
   ALTER TABLE certificates RENAME TO former_certificates;
   CREATE TABLE certificates (
     number INTEGER PRIMARY KEY,
     pin TEXT NOT NULL,
     fingerprint TEXT NOT NULL,
     der BLOB NOT NULL,
     added_at INTEGER NOT NULL
   ) STRICT;
   INSERT INTO certificates SELECT number, pin, fingerprint, der, added_at FROM former_certificates ORDER BY number;
   DROP TABLE former_certificates;
   CREATE INDEX certificates_by_pin ON certificates (pin);
   CREATE INDEX certificates_by_fingerprint ON certificates (substr(fingerprint, 1, 16));`;
