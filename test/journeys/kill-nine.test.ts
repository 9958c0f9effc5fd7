import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CreatedIdentity } from "../../src/x509/create-identity.ts";
import { Home, startServe, until } from "../cli/support/serve.ts";
import { json } from "./support/cli-lines.ts";
import { forEachOf, knock, strangers } from "./support/flood.ts";

const CLIENTS = 200;
/** So many under way at once: those that are left when it is killed show that it was in the middle. */
const AT_ONCE = 40;

interface ListedKey {
  readonly pin: string;
  readonly state: string;
}

describe("a server that is killed in the middle of 200 first uses", () => {
  for (const killAfter of [20, 140]) {
    it(`remembers everybody it greeted, when that is ${killAfter} and those that come meanwhile`, async () => {
      using home = new Home();
      const clients = await strangers(CLIENTS);
      const killed = await startServe(home);
      const greeted: CreatedIdentity[] = [];
      let ended: Promise<number | null> | undefined;
      await forEachOf(clients, AT_ONCE, async (client) => {
        if ((await knock(killed.port, client)).greeted) greeted.push(client);
        if (greeted.length >= killAfter) ended ??= killed.stop("SIGKILL");
      });
      assert.equal(await ended, null);
      assert.ok(greeted.length >= killAfter);
      assert.ok(greeted.length < CLIENTS, "it was killed too late to show anything");

      await json(home, "store", "check");
      const { ok } = await json<{ ok: boolean }>(home, "trust", "audit", "verify");
      assert.equal(ok, true);
      const keys = await json<ListedKey[]>(home, "trust", "list");
      const trusted = new Set(keys.filter(({ state }) => state === "trusted").map(({ pin }) => pin));
      assert.deepEqual(
        greeted.filter(({ facts }) => !trusted.has(facts.pin)),
        [],
      );

      await using restarted = await startServe(home);
      const again = await forEachOf(greeted, 8, (client) => knock(restarted.port, client));
      assert.ok(again.every((one) => one.greeted));
      const recognised = (): ReadonlySet<unknown> =>
        new Set(restarted.log.filter(({ event }) => event === "recognised").map(({ pin }) => pin));
      await until(() => recognised().size >= greeted.length);
      assert.deepEqual(recognised(), new Set(greeted.map(({ facts }) => facts.pin)));
      assert.equal(
        restarted.log.some(({ event }) => event === "met"),
        false,
      );
    });
  }

  it("meets those it did not get to, and its chain of events goes on", async () => {
    using home = new Home();
    const clients = await strangers(CLIENTS);
    const killed = await startServe(home);
    let ended: Promise<number | null> | undefined;
    await forEachOf(clients, AT_ONCE, async (client) => {
      const { greeted } = await knock(killed.port, client);
      if (greeted) ended ??= killed.stop("SIGKILL");
    });
    await ended;
    await using restarted = await startServe(home);
    const all = await forEachOf(clients, 16, (client) => knock(restarted.port, client));
    assert.equal(all.filter(({ greeted }) => greeted).length, CLIENTS);
    const keys = await json<ListedKey[]>(home, "trust", "list");
    assert.equal(keys.filter(({ state }) => state === "trusted").length, CLIENTS);
    const { ok } = await json<{ ok: boolean }>(home, "trust", "audit", "verify");
    assert.equal(ok, true);
  });
});
