import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Home, startServe } from "../cli/support/serve.ts";
import { printed, printedJson } from "../cli/support/trust.ts";

interface Row {
  readonly pin: string;
  readonly keyType: string;
}

interface ListedKey {
  readonly pin: string;
  readonly state: string;
}

describe("ML-DSA on both sides", () => {
  for (const [first, second] of [
    ["ml-dsa-44", "ml-dsa-87"],
    ["ml-dsa-65", "ml-dsa-65"],
    ["p256", "ml-dsa-65"],
  ] as const) {
    it(`is met, recognised, rotated and revoked like any other: ${first}, then ${second}`, async () => {
      using home = new Home();
      const before = await startServe(home);
      await before.stop();
      const server = await printedJson<Row>(home, "identity", "rotate", "--server", "--type", first);
      const client = await printedJson<Row>(home, "identity", "create", "--type", first);
      assert.deepEqual([server.keyType, client.keyType], [first, first]);
      await using running = await startServe(home, ["--min-tls", "1.3"]);
      assert.equal(running.pin, server.pin);
      const connect = (): ReturnType<Home["run"]> => home.run(["connect", running.address], "anna\n");
      assert.equal((await connect()).stdout, "Hello, anna");
      assert.equal((await connect()).stdout, "Hello, anna");

      const newServer = await printedJson<Row>(home, "identity", "rotate", "--server", "--type", second);
      await running.logged(({ event, pin }) => event === "identity-changed" && pin === newServer.pin);
      const newClient = await printedJson<Row>(home, "identity", "rotate", "--type", second);
      assert.equal((await connect()).stdout, "Hello, anna");
      const clients = await printedJson<readonly ListedKey[]>(home, "trust", "list");
      const listServers = ["trust", "list", "--store", home.knownServers];
      const servers = await printedJson<readonly ListedKey[]>(home, ...listServers);
      for (const [keys, old, next] of [
        [clients, client, newClient],
        [servers, server, newServer],
      ] as const) {
        const states = keys.map(({ pin, state }) => [pin, state]);
        assert.deepEqual(states, [
          [old.pin, "retired"],
          [next.pin, "trusted"],
        ]);
      }

      await printed(home, "trust", "revoke", newClient.pin);
      const { code, stderr } = await connect();
      assert.equal(code, 1);
      assert.match(stderr, /certificate_revoked \(alert 44\)/);
    });
  }
});
