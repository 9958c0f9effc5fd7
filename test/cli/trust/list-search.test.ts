import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Home } from "../support/serve.ts";
import { makeClient } from "../support/tls-clients.ts";
import { failure, printed, printedJson } from "../support/trust.ts";

describe("trust list --search", () => {
  it("understands states, groups and when a key was seen in a search, and keeps to --state", async () => {
    using home = new Home();
    const [anna, ben, eve] = await Promise.all(["anna", "ben", "eve"].map((name) => makeClient(home, name)));
    for (const client of [anna, ben, eve]) await printed(home, "trust", "add", client?.cert ?? "");
    await printed(home, "group", "add", "lab", "anna");
    await printed(home, "trust", "revoke", "eve");
    const searches: readonly (readonly [readonly string[], readonly string[]])[] = [
      [["--search", "state:trusted -group:lab"], ["ben"]],
      [["--search", "group:Lab an"], ["anna"]],
      [
        ["--search", "seen:never source:import"],
        ["anna", "ben", "eve"],
      ],
      [["--search", "seen<30d"], []],
      [["--search", "-group:lab", "--state", "revoked"], ["eve"]],
      [["--search", "state:trusted", "--state", "revoked"], []],
    ];
    for (const [args, names] of searches) {
      const rows = await printedJson(home, "trust", "list", ...args);
      const peers = rows.map(({ peer }) => String(peer)).toSorted();
      assert.deepEqual(peers, names, args.join(" "));
    }
    const { stderr } = await failure(home, "trust", "list", "--search", "an state:new");
    assert.match(
      stderr,
      /"state:new", at character 4 of the search, cannot be[^]*hint: state: takes pending, trusted/,
    );
  });
});
