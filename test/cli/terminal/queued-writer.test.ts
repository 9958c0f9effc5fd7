import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QueuedWriter } from "../../../src/cli/terminal/queued-writer.ts";

/** A place to write to that does as it is told, later. */
class Place {
  text = "";
  /** How many bytes it takes before it fails; undefined for all. */
  room: number | undefined;
  readonly told: string[] = [];
  readonly #calls: (() => void)[] = [];

  readonly writer: QueuedWriter = new QueuedWriter(
    (bytes, done) =>
      this.#calls.push(() => {
        const written = Math.min(bytes.length, this.room ?? bytes.length);
        this.text += Buffer.from(bytes.subarray(0, written)).toString();
        if (this.room !== undefined) this.room -= written;
        done(written < bytes.length ? new Error("ENOSPC") : null, written);
      }),
    100,
    {
      onLosing: (why) => this.told.push(`losing: ${why}`),
      onLost: (count, why) => this.told.push(`lost ${count}: ${why}`),
    },
  );

  /** Carries out what was asked for, and what follows from it. */
  work(): void {
    for (let call = this.#calls.shift(); call !== undefined; call = this.#calls.shift()) call();
  }
}

describe("QueuedWriter", () => {
  it("writes everything in its order, much at once if it was kept waiting", async () => {
    const place = new Place();
    for (const line of ["one\n", "two\n", "three\n"]) place.writer.write(line);
    place.work();
    assert.equal(place.text, "one\ntwo\nthree\n");
    assert.equal(place.writer.waiting, 0);
    await place.writer.settle();
    assert.deepEqual(place.told, []);
  });

  it("loses what a slow reader leaves no room for, and says how much once something went out", () => {
    const place = new Place();
    for (let at = 0; at < 20; at++) place.writer.write("0123456789\n");
    assert.ok(place.writer.waiting <= 100);
    assert.deepEqual(place.told, ["losing: whoever reads it is too slow"]);
    place.work();
    assert.equal(place.text.length, 99);
    assert.equal(place.told[1], "lost 11: whoever reads it is too slow");
  });

  it("takes a piece larger than all that may wait when nothing waits", () => {
    const place = new Place();
    place.writer.write("x".repeat(1000));
    place.work();
    assert.equal(place.text.length, 1000);
  });

  it("counts what could not be written, warns once, and tries again with what comes", () => {
    const place = new Place();
    place.room = 0;
    for (let at = 0; at < 3; at++) {
      place.writer.write("line\n");
      place.work();
    }
    assert.deepEqual(place.told, ["losing: ENOSPC"]);
    place.room = undefined;
    place.writer.write("again\n");
    place.work();
    assert.deepEqual(place.told, ["losing: ENOSPC", "lost 3: ENOSPC"]);
    assert.equal(place.text, "again\n");
  });

  it("begins a line of its own behind one that was cut off", () => {
    const place = new Place();
    place.room = 7;
    for (const line of ["one\n", "two\n", "three\n"]) place.writer.write(line);
    place.work();
    place.room = undefined;
    place.writer.write("four\n");
    place.work();
    assert.equal(place.text, "one\ntwo\nfour\n");
    assert.deepEqual(place.told.at(-1), "lost 2: ENOSPC");
  });

  it("writes nothing behind bytes that were cut off", () => {
    const place = new Place();
    place.room = 2;
    place.writer.write(Buffer.from("abcd"));
    place.work();
    place.room = undefined;
    place.writer.write(Buffer.from("efgh"));
    place.work();
    place.writer.tellLost();
    assert.equal(place.text, "ab");
    assert.deepEqual(place.told, ["losing: ENOSPC", "lost 2: ENOSPC"]);
  });
});
