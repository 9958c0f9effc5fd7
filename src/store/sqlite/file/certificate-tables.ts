/** Certificates with small indexes, in which rows of neighbours share a page; that there is one row of each is seen to by whoever writes it. */
export const CERTIFICATE_TABLES = `DROP INDEX certificates_by_fingerprint;
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
