import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  durationText,
  ReplicationTurns,
  troublesOf,
  whyBehind,
} from "../../../src/operator/replication/replication-trouble.ts";
import type { Replication } from "../../../src/trust/port/replication.ts";
import { replicationWith } from "../support/replication-with.ts";

const NOW = Date.UTC(2026, 0, 1);

const well = replicationWith({ upToDateAt: NOW - 1000 });

function problemsOf(changed: Partial<Replication>): readonly string[] {
  return troublesOf({ ...well, ...changed }, NOW).map(({ problem }) => problem);
}

function said(turns: ReplicationTurns, changed: Partial<Replication>): readonly string[] {
  const found = turns.look({ ...well, ...changed }, NOW);
  return found.map(({ kind, isOver }) => `${kind} ${isOver ? "is over" : "began"}`);
}

describe("troublesOf", () => {
  it("has nothing to say of a machine that is up to date", () => {
    assert.deepEqual(problemsOf({}), []);
  });

  it("says how old what is here is, once nobody is admitted by it", () => {
    assert.deepEqual(problemsOf({ isStale: true, upToDateAt: NOW - 360_000, database: "away" }), [
      "what is here is 6 min old, and no more than 5 min is believed: nobody is admitted",
      "the database cannot be reached, and what is here is 6 min old: nobody new is let in",
    ]);
    assert.deepEqual(problemsOf({ isStale: true, upToDateAt: null }), [
      "nothing was ever carried out here, and no more than 5 min is believed: nobody is admitted",
    ]);
  });

  it("says what is wrong with the log, and not that the database is away", () => {
    const brokenLog = "the log of changes: entry 4 comes after entry 1";
    const changed = { database: "away", brokenLog } as const;
    assert.deepEqual(problemsOf(changed), [`${brokenLog}; what is here is 1 s old: nobody new is let in`]);
    assert.deepEqual(problemsOf({ ...changed, isStale: true, upToDateAt: NOW - 360_000 }), [
      `what is here is 6 min old, and no more than 5 min is believed: nobody is admitted; ${brokenLog}`,
      `${brokenLog}; what is here is 6 min old: nobody new is let in`,
    ]);
  });

  it("says so when the clock was put back", () => {
    assert.deepEqual(problemsOf({ isStale: true, upToDateAt: NOW + 3_600_000 }), [
      "what is here is from later than now, by this machine's clock, and no more than 5 min is believed: nobody is admitted",
    ]);
  });

  it("says for ten minutes that another machine told nonsense, and what that was", () => {
    const ignored = { count: 2, at: NOW - 5000, last: "refusal x of y: this is not a refusal" };
    assert.deepEqual(problemsOf({ ignored }), [
      "2 things were told by another machine that make no sense, and left out: refusal x of y: this is not a refusal",
    ]);
    assert.deepEqual(problemsOf({ ignored: { ...ignored, at: NOW - 700_000 } }), []);
  });

  it("says who holds what is needed to append, and that another machine is this one, and what to do", () => {
    const [held] = troublesOf({ ...well, database: "away", heldBy: "a lock is held by session 7" }, NOW);
    assert.equal(held?.problem, "a lock is held by session 7; what is here is 1 s old: nobody new is let in");
    assert.match(
      problemsOf({ isDoubled: true }).join(),
      /^two machines are .* in turns, .* remove its replica/,
    );
  });

  it("says why the database cannot be used, where waiting does not help", () => {
    assert.deepEqual(problemsOf({ database: "away", unusable: "r.db is a replica of another store" }), [
      "r.db is a replica of another store; what is here is 1 s old: nobody new is let in",
    ]);
  });

  it("says for ten minutes which snapshot was not what it says", () => {
    const refusedSnapshot = { id: "a", position: 7, madeBy: "b", why: "its rows come to 00", at: NOW - 5000 };
    assert.deepEqual(problemsOf({ refusedSnapshot }), [
      "the snapshot a of change 7, by b, was not started from: its rows come to 00",
    ]);
    assert.deepEqual(problemsOf({ refusedSnapshot: { ...refusedSnapshot, at: NOW - 700_000 } }), []);
  });

  it("names a branch until it was left, older rules, a standby, machines that differ and changes that wait", () => {
    const branch = { from: 17, lost: 2, foundAt: NOW - 5000, leftAt: null };
    assert.deepEqual(
      troublesOf({ ...well, branch, rules: { own: 1, cluster: 2 }, unequal: ["b", "c"], later: 1 }, NOW).map(
        ({ kind }) => kind,
      ),
      ["branch-found", "rules-older", "replicas-unequal", "changes-wait"],
    );
    assert.deepEqual(problemsOf({ branch: { ...branch, leftAt: NOW - 4000 } }), []);
    assert.deepEqual(problemsOf({ database: "behind a standby" }), [
      "the database is a standby, where nothing can be appended: nobody new is let in",
    ]);
    for (const { remedies, problem } of troublesOf(
      { ...well, database: "away", branch, unequal: ["b"] },
      NOW,
    )) {
      assert.ok(remedies.length > 0, problem);
    }
  });
});

describe("whyBehind", () => {
  const opened = NOW - 500;
  it("is not ready before it was up to date once since it was opened, though known keys are admitted", () => {
    assert.equal(whyBehind(well, NOW - 2000, NOW), null);
    assert.equal(
      whyBehind({ ...well, behind: 1200 }, opened, NOW),
      "not up to date since the start: 1200 changes are to be carried out",
    );
    assert.equal(
      whyBehind({ ...well, behind: null }, opened, NOW),
      "not up to date since the start: the log was not read yet",
    );
    assert.equal(
      whyBehind({ ...well, database: "away" }, opened, NOW),
      "the database was not reached since the start",
    );
  });

  it("goes on without its database until what it has is too old", () => {
    const away = { ...well, database: "away" } as const;
    assert.equal(whyBehind(away, NOW - 2000, NOW), null);
    assert.match(
      whyBehind({ ...away, isStale: true }, NOW - 2000, NOW) ?? "",
      /no more than 5 min is believed/,
    );
  });

  it("is not ready by rules that are older than those of the log, nor on a branch", () => {
    assert.match(whyBehind({ ...well, rules: { own: 1, cluster: 2 } }, NOW - 2000, NOW) ?? "", /rules 2/);
    const branch = { from: 1, lost: 1, foundAt: NOW, leftAt: null };
    assert.match(whyBehind({ ...well, branch }, NOW - 2000, NOW) ?? "", /does not have/);
  });
});

describe("ReplicationTurns", () => {
  it("tells of each trouble when it begins and when it is over, and once that all was carried out", () => {
    const turns = new ReplicationTurns(NOW);
    assert.deepEqual(said(turns, { database: "away" }), ["database-away began"]);
    assert.deepEqual(said(turns, { database: "away" }), []);
    assert.deepEqual(said(turns, { database: "away", isStale: true }), ["replica-stale began"]);
    assert.deepEqual(said(turns, { upToDateAt: NOW + 1 }), [
      "replica-stale is over",
      "database-away is over",
      "not-up-to-date is over",
    ]);
    assert.deepEqual(said(turns, { upToDateAt: NOW + 2 }), []);
  });

  it("tells of a branch that was found and left between two looks, and of one that was not, and of each once", () => {
    const turns = new ReplicationTurns(NOW - 2000);
    const first = { from: 3, lost: 1, foundAt: NOW - 900, leftAt: NOW - 800 };
    assert.deepEqual(said(turns, { branch: first }), ["branch-found is over", "not-up-to-date is over"]);
    assert.deepEqual(said(turns, { branch: first }), []);
    const second = { ...first, foundAt: NOW - 100, leftAt: null };
    assert.deepEqual(said(turns, { branch: second }), ["branch-found began"]);
    assert.deepEqual(said(turns, { branch: { ...second, leftAt: NOW } }), ["branch-found is over"]);
    assert.deepEqual(said(turns, { branch: { ...second, leftAt: NOW } }), []);
    assert.deepEqual(said(new ReplicationTurns(NOW + 1), { branch: first, upToDateAt: NOW }), []);
  });
});

describe("durationText", () => {
  it("has as much of a duration as is worth knowing", () => {
    const texts = [0, 1499, 60_000, 90_000, 120_000, 3_600_000, 7_200_000, 172_800_000].map(durationText);
    assert.deepEqual(texts, ["0 s", "1 s", "1 min", "90 s", "2 min", "1 h", "2 h", "2 d"]);
  });
});
