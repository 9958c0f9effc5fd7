import assert from "node:assert/strict";
import { describe, it } from "node:test";
import packageJson from "../../package.json" with { type: "json" };
import { runHere } from "./support/run-here.ts";
import { Home } from "./support/serve.ts";

describe("handclasp", () => {
  it("prints its version", async () => {
    using home = new Home();
    assert.deepEqual(await home.run(["--version"]), {
      code: 0,
      stdout: `${packageJson.version}\n`,
      stderr: "",
    });
  });

  it("says of wrong arguments how they are written", async () => {
    using home = new Home();
    for (const [args, hint] of [
      [
        ["token", "create", "anna", "--expires", "0s"],
        /^hint: a whole number and s, m, h, d or w: .*at most 90d/m,
      ],
      [["serve", "--handshake-timeout", "10"], /^hint: a whole number .*at most 24d/m],
      [["connect", "nowhere"], /^hint: write localhost:8443/m],
      [["serve", "--listen", "nowhere"], /^hint: write localhost:8443/m],
      [
        ["gateway", "--listen", "127.0.0.1:0", "--to", "http://127.0.0.1:1"],
        /^hint: write 127\.0\.0\.1:5432 or/m,
      ],
    ] as const) {
      const { code, stderr } = await runHere(home, args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, hint);
    }
  });
});
