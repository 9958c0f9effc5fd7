import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { runHere } from "../../../cli/support/run-here.ts";
import { Home, startServer, until } from "../../../cli/support/serve.ts";
import { printed } from "../../../cli/support/trust.ts";
import { identity } from "../../../guard/support/identities.ts";

describe("authorizer --envoy-sds", () => {
  it("keeps a file that everybody may read in step with the store, and lets nobody in by it once it stops", async () => {
    using home = new Home();
    mkdirSync(home.path("envoy"));
    const file = home.path("envoy", "handclasp.json");
    writeFileSync(file, "what an earlier run left");
    const { cert, facts } = await identity("anna");
    writeFileSync(home.path("anna.pem"), cert);
    const hash = facts.pin.replace("sha256:", "");
    const has = (): boolean => readFileSync(file, "utf8").includes(`"${hash}"`);
    const where = `unix:${home.path("authz.sock")}`;
    await using server = await startServer(home, ["authorizer", "--listen", where, "--envoy-sds", file]);
    await server.logged(({ event, push }) => event === "push-in-step" && push === "envoy-sds");
    assert.equal(has(), false);
    assert.equal(statSync(file).mode & 0o777, 0o644);
    await printed(home, "trust", "add", home.path("anna.pem"));
    await until(has);
    await printed(home, "trust", "revoke", "anna", "--yes");
    await until(() => !has());
    await printed(home, "trust", "approve", facts.pin, "--yes");
    await until(has);
    await server.stop();
    assert.equal(has(), false);
    assert.deepEqual(readdirSync(home.path("envoy")), ["handclasp.json"]);
  });

  it("takes no file whose name would have Envoy read it as something else", async () => {
    using home = new Home();
    const args = [
      "authorizer",
      "--listen",
      `unix:${home.path("authz.sock")}`,
      "--envoy-sds",
      home.path("sds"),
    ];
    const { code, stderr } = await runHere(home, args);
    assert.equal(code, 2);
    assert.match(stderr, /neither \.json nor \.yaml/);
  });
});
