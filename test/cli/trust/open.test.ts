import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { WindowJson } from "../../../src/operator/window.ts";
import { factsOf } from "../../support/certificates.ts";
import { runHere } from "../support/run-here.ts";
import { Home } from "../support/serve.ts";
import { openHomeStore, printed, printedJson } from "../support/trust.ts";

interface Printed {
  readonly openUntil: string | null;
  readonly window: WindowJson | null;
}

/** Clients never seen before come to a server that asks. */
async function come(home: Home, ...names: readonly string[]): Promise<readonly string[]> {
  const { store } = openHomeStore(home);
  const facts = names.map((name) => factsOf(name));
  for (const one of facts) await store.apply(claimOf(one, { whileOpen: "ask", at: Date.now() }));
  await store.close();
  return facts.map(({ pin }) => toKeyId(pin));
}

describe("trust open with rails", () => {
  it("says how many may come, from where, and who came when it is closed", async () => {
    using home = new Home();
    await openHomeStore(home).store.close();
    const opened = await printed(
      home,
      "trust",
      "open",
      "--for",
      "10m",
      "--max",
      "12",
      "--from",
      "192.0.2.0/24",
    );
    assert.match(opened, /^first use is open until \S+Z, for 12 at the most, from 192\.0\.2\.0\/24\n$/);
    const [anna, ben] = await come(home, "anna", "ben");
    const shown = await printed(home, "trust", "open", "--show");
    assert.match(shown, /^first use is open until [^:]+:\d\d:\d\dZ, for 12 at the most, .*: 2 came\n/);
    await printed(home, "trust", "revoke", "ben");
    const { stdout, stderr } = await runHere(home, ["trust", "open", "--close"]);
    const [first, ...came] = stdout.trimEnd().split("\n");
    assert.match(first ?? "", /^first use is closed since \S+Z: 2 came$/);
    assert.deepEqual(came, [`trusted  anna  ${anna}`, `revoked  ben  ${ben}`]);
    assert.match(stderr, /handclasp trust revoke KEY/);
  });

  it("is used up by the last one that may come, and gives all of it as JSON", async () => {
    using home = new Home();
    await openHomeStore(home).store.close();
    assert.deepEqual(await printedJson<Printed>(home, "trust", "open", "--show"), {
      openUntil: null,
      window: null,
    });
    const opened = await printedJson<Printed>(home, "trust", "open", "--for", "10m", "--max", "1");
    assert.equal(opened.openUntil, opened.window?.until);
    assert.partialDeepStrictEqual(opened.window, { open: true, max: 1, from: null, taken: 0, came: [] });
    const [anna] = await come(home, "anna", "ben");
    const { openUntil, window } = await printedJson<Printed>(home, "trust", "open", "--show");
    assert.equal(openUntil, null);
    assert.partialDeepStrictEqual(window, { open: false, ended: "used-up", taken: 1 });
    assert.deepEqual(
      window?.came.map(({ keyId }) => keyId),
      [anna],
    );
    const { stdout } = await runHere(home, ["trust", "open", "--show"]);
    assert.match(stdout, /^first use is closed, used up since \S+: 1 came\n/);
  });

  it("refuses rails that are none, and those of no window", async () => {
    using home = new Home();
    await openHomeStore(home).store.close();
    for (const [flags, problem] of [
      [["--for", "10m", "--max", "0"], /--max/],
      [["--for", "10m", "--from", "everybody"], /"everybody" is no IP network/],
      [["--close", "--max", "3"], /--close/],
      [["--show", "--for", "10m"], /--show/],
      [["--max", "3"], /give --for DURATION, --close, or --show/],
    ] as const) {
      const { code, stderr } = await runHere(home, ["trust", "open", ...flags]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, problem);
    }
  });
});
