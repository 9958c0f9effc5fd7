import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { type Answer, differences, type Json, masked } from "../../scripts/compare-json/differences.ts";
import { reasonFor } from "../../scripts/compare-json/expected.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const EXPECTED = [{ of: "trust list", field: "version", why: "keys have versions" }];
const CIRCUMSTANCES = { folder: "/data", startedAt: Date.UTC(2030, 0, 1), lastEvent: 7 };

function answer(...printed: readonly Json[]): Answer {
  return { code: 0, printed, error: null };
}

function event(sequence: number, pid: number, hash: string, at: string): Json {
  return { sequence, hash, at, file: "/data/a", actor: { process: `trust add ${pid}` } };
}

describe("comparing what two checkouts print as JSON", () => {
  it("finds what was added, taken away and changed, and in which field", () => {
    const before = answer([{ name: "anna", state: "trusted", gone: 1 }]);
    const after = answer([{ name: "anna", state: "revoked", more: 2 }]);

    assert.deepEqual(differences(before, after), [
      { field: "[].state", before: "trusted", after: "revoked" },
      { field: "[].gone", before: 1, after: undefined },
      { field: "[].more", before: undefined, after: 2 },
    ]);
    assert.equal(differences(answer([1, 2]), answer([1])).length, 1);
    assert.equal(differences(answer(), { ...answer(), code: 1 }).length, 1);
  });

  it("takes process ids, folders, times from now on and hashes of new events for the same", () => {
    const one = masked(answer(event(8, 12, "ab", "2030-01-01T00:00:01.000Z")), CIRCUMSTANCES);
    const other = masked(answer(event(8, 345, "cd", "2030-01-01T00:00:02.000Z")), CIRCUMSTANCES);

    assert.deepEqual(differences(one, other), []);
  });

  it("does not take times and hashes of what was there before for the same", () => {
    const one = masked(answer(event(7, 12, "ab", "2029-12-31T00:00:01.000Z")), CIRCUMSTANCES);
    const other = masked(answer(event(7, 12, "cd", "2029-12-31T00:00:02.000Z")), CIRCUMSTANCES);

    assert.deepEqual(
      differences(one, other).map(({ field }) => field),
      ["hash", "at"],
    );
  });

  it("knows what is meant by verb and field, and nothing else", () => {
    const difference = { field: "[].version", before: undefined, after: 3 };

    assert.equal(reasonFor("trust list --state trusted", difference, EXPECTED), "keys have versions");
    assert.equal(reasonFor("trust show anna", difference, EXPECTED), undefined);
    assert.equal(reasonFor("trust list", { ...difference, field: "[].versions" }, EXPECTED), undefined);
  });

  it("finds a checkout the same as itself", async () => {
    const args = ["scripts/compare-json.ts", ".", "--only", "trust revoke joe"];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });

    assert.equal(stdout, "");
    assert.match(stderr, /^4 command lines, 0 differences that are not meant$/m);
  });
});
