import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import {
  createSchema,
  MIGRATIONS,
  migrate,
  readSchema,
  SCHEMA,
} from "../../../../src/store/sqlite/file/schema.ts";
import { connect } from "../../../../src/store/sqlite/file/sqlite-file.ts";
import { newPath, storeWithAnna } from "../support/stores.ts";

describe("migrations", () => {
  it("bring an older schema to the newest, and keep what is in it", async () => {
    const path = newPath();
    const anna = await storeWithAnna(path);
    const newer = [...MIGRATIONS, "ALTER TABLE keys ADD COLUMN colour TEXT"];
    const database = connect(path);
    migrate(database, newer);
    assert.equal(readSchema(database, newer.length), newer.length);
    const row = database.prepare("SELECT state, colour FROM keys WHERE pin = ?").get(anna.pin);
    assert.deepEqual({ ...row }, { state: "trusted", colour: null });
    database.close();
  });

  it("bring schema 2 to groups, with its keys and tokens still in it", () => {
    const database = new DatabaseSync(":memory:");
    createSchema(database, MIGRATIONS.slice(0, 2));
    database.exec(`INSERT INTO keys VALUES
      ('sha256:x','trusted','anna','anna','anna',NULL,'first-use','00',1,1,NULL,NULL,0,0);
      INSERT INTO tokens VALUES ('t',x'00','bert','sha256:y',NULL,0,1,2,NULL,NULL,NULL)`);
    migrate(database);
    assert.equal(readSchema(database), SCHEMA);
    assert.equal(database.prepare("SELECT count(*) AS n FROM group_members").get()?.["n"], 0);
    assert.equal(database.prepare("SELECT peer FROM keys").get()?.["peer"], "anna");
    assert.equal(database.prepare("SELECT peer FROM tokens").get()?.["peer"], "bert");
    database.close();
  });

  it("leave everything as it was when one fails", async () => {
    const path = newPath();
    await storeWithAnna(path);
    const database = connect(path);
    assert.throws(() =>
      migrate(database, [...MIGRATIONS, "ALTER TABLE keys ADD COLUMN colour TEXT; NONSENSE"]),
    );
    assert.equal(readSchema(database), SCHEMA);
    assert.equal(
      database.prepare("SELECT count(*) AS n FROM pragma_table_info('keys') WHERE name = 'colour'").get()?.[
        "n"
      ],
      0,
    );
    database.close();
  });

  it("make the same schema in one step as in several", () => {
    const whole = new DatabaseSync(":memory:");
    createSchema(whole);
    assert.equal(readSchema(whole), SCHEMA);
    whole.close();
  });
});

describe("durability of a sqlite store", () => {
  it("writes with synchronous=FULL in WAL mode, so that a commit survives a loss of power", async () => {
    const path = newPath();
    await storeWithAnna(path);
    const database = connect(path);
    assert.deepEqual({ ...database.prepare("PRAGMA synchronous").get() }, { synchronous: 2 });
    assert.deepEqual({ ...database.prepare("PRAGMA journal_mode").get() }, { journal_mode: "wal" });
    database.close();
  });
});
