import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { EventFeed } from "../../../../src/store/sqlite/file/event-feed.ts";
import { connect, openSqliteFile } from "../../../../src/store/sqlite/file/sqlite-file.ts";
import { newPath } from "../support/stores.ts";

let path: string;
let reading: DatabaseSync;
let writing: DatabaseSync;
let feed: EventFeed;
let told: number[];

beforeEach(() => {
  path = newPath();
  reading = openSqliteFile(path);
  writing = connect(path);
  writing.exec("PRAGMA synchronous = OFF");
  feed = new EventFeed(reading, path);
  told = [];
});

afterEach(() => {
  feed.stop();
  reading.close();
  writing.close();
});

function hear(): void {
  feed.listen((events) => told.push(...events.map(({ sequence }) => sequence)));
}

/** What is announced again at once is told once. */
async function look(): Promise<void> {
  feed.announce();
  await Promise.resolve();
}

function addEvents(from: number, to: number): void {
  writing.exec("BEGIN");
  const event = writing.prepare("INSERT INTO events (sequence, json, hash) VALUES (?, '{}', ?)");
  for (let sequence = from; sequence <= to; sequence++) event.run(sequence, `hash ${sequence}`);
  writing.exec("COMMIT");
}

function beginSnapshot(): void {
  writing.exec("INSERT INTO snapshot_load VALUES ('id', 0, x'00', 0, '', 0, '[]')");
}

function endSnapshot(): void {
  writing.exec("DELETE FROM snapshot_load");
}

describe("what is told of events while a replica is being filled from a snapshot", () => {
  it("is nothing, and all of them once it counts", async () => {
    hear();
    beginSnapshot();
    addEvents(1, 3);
    await look();
    assert.deepEqual(told, []);
    endSnapshot();
    await look();
    assert.deepEqual(told, [1, 2, 3]);
  });

  it("leaves the store readable when what was there is gone again", async () => {
    hear();
    beginSnapshot();
    addEvents(1, 3);
    await look();
    writing.exec("DELETE FROM events");
    endSnapshot();
    await look();
    assert.deepEqual([feed.failure, told], [undefined, []]);
    addEvents(1, 1);
    await look();
    assert.deepEqual(told, [1]);
  });

  it("is as little where the store was opened in the middle of it", async () => {
    beginSnapshot();
    addEvents(1, 3);
    feed.stop();
    feed = new EventFeed(reading, path);
    writing.exec("DELETE FROM events");
    endSnapshot();
    await look();
    assert.equal(feed.failure, undefined);
  });
});

describe("more events than are told at once", () => {
  it("are told in their order, bit by bit, and all of them", async () => {
    hear();
    addEvents(1, 25_000);
    await look();
    assert.ok(told.length > 0 && told.length < 25_000);
    while (told.length < 25_000) await look();
    assert.deepEqual(
      told,
      Array.from({ length: 25_000 }, (_, at) => at + 1),
    );
  });

  it("are not read where nobody listens; who listens from then on hears what comes", async () => {
    addEvents(1, 25_000);
    await look();
    hear();
    addEvents(25_001, 25_001);
    await look();
    assert.deepEqual(told, [25_001]);
  });
});
