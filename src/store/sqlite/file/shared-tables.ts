/** What other machines told, how far they were heard, and what they are to be told; nothing of it where there are none. */
export const SHARED_TABLES = `ALTER TABLE refusals ADD COLUMN node TEXT;
   ALTER TABLE refusals ADD COLUMN machine TEXT;
   ALTER TABLE runs ADD COLUMN node TEXT;
   ALTER TABLE runs ADD COLUMN machine TEXT;
   CREATE TABLE shared_place (epoch TEXT NOT NULL, revision INTEGER NOT NULL, since INTEGER NOT NULL) STRICT;
   CREATE TABLE untold (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     rank INTEGER NOT NULL,
     key TEXT NOT NULL,
     mark INTEGER NOT NULL DEFAULT 0,
     is_new INTEGER NOT NULL DEFAULT 0,
     UNIQUE (rank, key)
   ) STRICT;
   CREATE INDEX untold_in_order ON untold (rank, number);
   ALTER TABLE replica ADD COLUMN name TEXT;
   ALTER TABLE replica ADD COLUMN cluster TEXT;
   CREATE TABLE serving (run TEXT PRIMARY KEY, listeners TEXT NOT NULL, beat INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE waiting_at (pin TEXT NOT NULL, node TEXT NOT NULL, PRIMARY KEY (pin, node)) STRICT, WITHOUT ROWID;`;
