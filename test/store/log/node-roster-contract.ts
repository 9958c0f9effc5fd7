import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { CHAIN_START } from "../../../src/trust/records/events.ts";
import { MOST_NODES, type NodeReport, type NodeRoster } from "../../../src/trust/port/node-roster.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";

export interface OpenedRoster extends AsyncDisposable {
  readonly roster: NodeRoster;
  /** Another one of the same machines. */
  another(): Promise<NodeRoster>;
}

/** What every roster of machines promises. */
export function nodeRosterContract(kind: string, open: () => Promise<OpenedRoster>): void {
  describe(`a roster of machines: ${kind}`, () => {
    it("shows what each machine said last, to everybody, by name", async () => {
      await using opened = await open();
      const other = await opened.another();
      const [anna, ben] = [reportOf({ name: "anna" }), reportOf({ name: "ben" })];
      await opened.roster.beat(ben);
      await other.beat({ ...anna, position: 1 });
      const later = { ...anna, position: 7, head: { sequence: 3, hash: "cd".repeat(32) } };
      const { isWritten } = await other.beat(later);
      assert.ok(isWritten);
      const nodes = await opened.roster.nodes();
      assert.deepEqual(
        nodes,
        [later, ben].map((report, row) => ({ ...report, seenAt: nodes[row]?.seenAt })),
      );
      assert.ok(nodes.every(({ seenAt }) => Number.isInteger(seenAt) && seenAt > 0));
    });

    it("tells who passes by the rules, and lists nobody for that", async () => {
      await using opened = await open();
      const { roster } = opened;
      const anna = reportOf({ name: "anna" });
      await roster.beat(anna);
      const { rules } = await roster.beat(anna);
      assert.deepEqual(await Promise.all([roster.visit(), roster.visit()]), [
        { rules, isWritten: true },
        { rules, isWritten: true },
      ]);
      assert.deepEqual(
        (await roster.nodes()).map(({ name }) => name),
        ["anna"],
      );
    });

    it("keeps what a machine says to the letter", async () => {
      await using opened = await open();
      const pin = `sha256:${"A".repeat(43)}=` as KeyPin;
      const said = reportOf({
        name: 'Grüße "🤝" \\ \u{16EA0}',
        listeners: [
          { address: "[::1]:25", host: "::1", port: 25, pin, starttls: "smtp" },
          { address: "proxy", host: "", port: 0, pin },
        ],
      });
      await opened.roster.beat(said);
      const nodes = await opened.roster.nodes();
      assert.deepEqual(nodes, [{ ...said, seenAt: nodes[0]?.seenAt }]);
    });

    it("says of a machine that it is two, once one is back in whose place another was, and of none that started anew", async () => {
      await using opened = await open();
      const { roster } = opened;
      const [moved, doubled] = [reportOf({ name: "a" }), reportOf({ name: "b" })];
      for (const runOn of ["one", "one", "two", "two", "three"]) await roster.beat({ ...moved, runOn });
      for (const runOn of ["one", "two"]) await roster.beat({ ...doubled, runOn });
      const isDoubled = async (): Promise<readonly unknown[]> =>
        (await roster.nodes()).map((node) => node.isDoubled ?? false);
      assert.deepEqual(await isDoubled(), [false, false]);
      await roster.beat({ ...doubled, runOn: "one" });
      assert.deepEqual(await isDoubled(), [false, true]);
    });

    it("has room for a thousand, and lets those go first that were not seen for longest", async () => {
      await using opened = await open();
      const { roster } = opened;
      const [gone, here] = [reportOf({ name: "gone" }), reportOf({ name: "here" })];
      for (const report of [gone, here]) await roster.beat(report);
      for (let at = 0; at < MOST_NODES - 2; at++) await roster.beat(reportOf({ name: "many" }));
      await roster.beat(here);
      await roster.beat(reportOf({ name: "one more" }));
      const names = (await roster.nodes()).map(({ name }) => name);
      assert.equal(names.length, MOST_NODES);
      assert.deepEqual([names.includes("gone"), names.includes("here")], [false, true]);
    });

    it("raises the rules once every machine can, and never lowers them", async () => {
      await using opened = await open();
      const { roster } = opened;
      const [first, second] = [reportOf({ name: "first", rules: 3 }), reportOf({ name: "second", rules: 2 })];
      assert.equal((await roster.beat(first)).rules, 1);
      await roster.beat(second);
      assert.deepEqual(
        (await roster.raiseRules(3)).map(({ id }) => id),
        [second.id],
      );
      assert.equal(await roster.rules(), 1);
      assert.deepEqual(await roster.raiseRules(2), []);
      assert.equal(await roster.rules(), 2);
      assert.deepEqual(await roster.raiseRules(1), []);
      assert.equal((await roster.beat(first)).rules, 2);
    });

    it("forgets a machine that is gone, which then keeps nobody from higher rules", async () => {
      await using opened = await open();
      const { roster } = opened;
      const [here, gone] = [reportOf({ name: "here", rules: 2 }), reportOf({ name: "gone" })];
      await roster.beat(here);
      await roster.beat(gone);
      await roster.forget(gone.id);
      await roster.forget(randomUUID());
      assert.deepEqual(await roster.raiseRules(2), []);
      assert.deepEqual(
        (await roster.nodes()).map(({ name }) => name),
        ["here"],
      );
      assert.equal((await roster.beat(gone)).rules, 2);
      assert.equal((await roster.nodes()).length, 2);
    });
  });
}

function reportOf(report: Partial<NodeReport>): NodeReport {
  return {
    id: randomUUID(),
    name: "node",
    version: "0.1.0",
    rules: 1,
    position: 0,
    head: CHAIN_START,
    digest: "00".repeat(32),
    listeners: [],
    ...report,
  };
}
