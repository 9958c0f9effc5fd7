import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runHere } from "../../cli/support/run-here.ts";
import { failure } from "../../cli/support/trust.ts";
import { ask, fieldOf } from "./proxy-client.ts";
import type { ProxyScene } from "./proxy-scene.ts";
import type { Scenario } from "./scenario.ts";

/** Who comes in by an invitation. */
export const SCENARIOS_OF_JOINING: readonly Scenario[] = [
  {
    name: "join",
    title: "lets in who joins with a token, into its groups, and nobody else with the same",
    async play(scene) {
      // By a name: Caddy shows its certificate, and hears a request, for its own names alone.
      const server = `localhost:${scene.port}`;
      const made = await scene.run("token", "create", "guest", "--group", "guests", "--server", server);
      const [token = ""] = made.split("\n");
      const guest = await identityOf(scene, "guest");
      assert.equal((await ask(scene.port, guest)).status, 403);
      const { stdout, stderr: said } = await runHere(scene.home, ["join", token, "--identity", "guest"]);
      assert.match(stdout, /^joined .* as guest/, said);
      assert.equal(said, "");
      const answer = await ask(scene.port, guest);
      assert.deepEqual(fieldOf(answer, "Handclasp-Peer"), ["guest"], answer.text);
      assert.deepEqual(fieldOf(answer, "Handclasp-Groups"), ["guests"]);
      assert.match(await scene.run("token", "list"), /guest +used/);

      const other = await identityOf(scene, "gatecrasher");
      const { stderr } = await failure(scene.home, "join", token, "--identity", "gatecrasher");
      assert.match(stderr, /with the status 403/);
      assert.equal((await ask(scene.port, other)).status, 403);
    },
  },
];

/** An identity of the command line's own. */
async function identityOf(
  scene: ProxyScene,
  name: string,
): Promise<{ readonly key: string; readonly cert: string }> {
  await scene.run("identity", "create", name);
  const pem = readFileSync(scene.home.path("handclasp", "identities", `${name}.pem`), "utf8");
  return { key: pem, cert: pem };
}
