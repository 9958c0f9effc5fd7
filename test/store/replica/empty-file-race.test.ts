import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const TIMES = 60;
const UUID = /^[0-9a-f]{8}-/;

/** A process that opens what it is told, and closes it when it is told nothing. */
class Opener {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #said: AsyncIterator<string>;

  constructor() {
    const script = join(import.meta.dirname, "support", "open-when-told.ts");
    this.#child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
    this.#said = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  async said(): Promise<string> {
    return String((await this.#said.next()).value);
  }

  async end(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin.end();
    await ended;
  }
}

describe("two processes that open one replica in the same moment", () => {
  let openers: readonly Opener[];
  before(async () => {
    openers = [new Opener(), new Opener()];
    for (const opener of openers) assert.equal(await opener.said(), "ready");
  });
  after(() => Promise.all(openers.map((opener) => opener.end())));

  async function allSay(line: string): Promise<readonly string[]> {
    for (const opener of openers) opener.tell(line);
    return Promise.all(openers.map((opener) => opener.said()));
  }

  it("have one file, where an empty one lay there", async () => {
    const folder = temporaryFolder();
    for (let time = 0; time < TIMES; time++) {
      const path = join(folder, `${time}.db`);
      writeFileSync(path, "");
      const [one, other] = await allSay(path);
      assert.match(one ?? "", UUID);
      assert.equal(one, other);
      assert.ok(existsSync(path));
      assert.deepEqual(await allSay(""), [one, other]);
    }
  });

  it("have one file each time, though the one takes away what it made while the other opens it", async () => {
    const folder = temporaryFolder();
    const [one, other] = openers;
    assert.ok(one && other);
    const path = join(folder, "made", "x.db");
    one.tell(path);
    assert.match(await one.said(), UUID);
    for (let time = 0; time < TIMES; time++) {
      const [closing, opening] = time % 2 === 0 ? [one, other] : [other, one];
      closing.tell("");
      opening.tell(path);
      assert.match(await closing.said(), UUID);
      assert.match(await opening.said(), UUID);
      assert.ok(existsSync(path));
    }
    await allSay("");
  });
});
