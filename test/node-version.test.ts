import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { mustBeNewEnough, tooOld } from "../src/node-version.ts";

describe("the version of Node", () => {
  it("is refused by name when it is too old, with the one that is needed", () => {
    for (const version of ["18.20.8", "20.20.2", "22.21.0", "24.0.0", "24.1.9"]) {
      const message = `handclasp needs Node 24.2 or newer; this is v${version}`;
      assert.throws(() => mustBeNewEnough(version), {
        code: "ERR_HANDCLASP_NODE",
        message,
        details: { version },
      });
    }
  });

  it("will do from that one on", () => {
    for (const version of ["24.2.0", "24.18.1", "25.0.0", "26.0.0-nightly", process.versions.node]) {
      mustBeNewEnough(version);
    }
  });

  it("is what package.json says", () => {
    const { engines } = JSON.parse(readFileSync(resolve(import.meta.dirname, "../package.json"), "utf8")) as {
      engines: { node: string };
    };
    assert.ok(tooOld("1.0.0").includes(`needs Node ${engines.node.slice(">=".length)} or newer`));
  });
});
