import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  openIdentity,
  type SavedIdentity,
  saveIdentity,
} from "../../../src/client/identities/identity-folder.ts";
import { readEndorsement } from "../../../src/x509/endorsement.ts";
import { Home, MAIN } from "../../cli/support/serve.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { office } from "../../guard/support/trusted-client.ts";

const PRELOADED = join(import.meta.dirname, "../support/kill-at-call.ts");
/** More than any of the verbs makes. */
const MOST_CALLS = 60;

/** Runs a verb that is killed at one of its calls; says whether it got that far. */
async function killedAt(home: Home, folder: string, call: number, verb: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, ["--import", PRELOADED, MAIN, ...verb], {
    env: { ...home.environment, KILL_FOLDER: folder, KILL_AT_CALL: String(call) },
    stdio: "ignore",
  });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (signal === "SIGKILL") return true;
  assert.equal(code, 0);
  return false;
}

/** The identity as any process would read it. */
function opened(folder: string): SavedIdentity {
  return openIdentity(folder, "default") ?? assert.fail("it is gone");
}

describe("identity rotate that is killed", () => {
  it("leaves the old key or the new one, whichever call it was at: the server takes it, and no other", async () => {
    using home = new Home();
    await using scene = await office();
    const folder = home.path("handclasp", "identities");
    saveIdentity(folder, "default", { key: scene.anna.key, certificate: scene.anna.cert });
    const seen = new Set<string>();
    for (let call = 1; ; call++) {
      assert.ok(call < MOST_CALLS);
      const before = opened(folder).facts;
      const wasKilled = await killedAt(home, folder, call, ["identity", "rotate"]);
      const { key, certificate, facts } = opened(folder);
      const isRotated = facts.pin !== before.pin;
      seen.add(`${wasKilled} ${isRotated}`);
      if (isRotated) {
        assert.equal(readEndorsement(facts)[0]?.oldPin, before.pin);
        assert.equal(readEndorsement(facts)[0]?.verify(), true);
      } else assert.equal(facts.fingerprint, before.fingerprint);
      for (const file of readdirSync(folder)) {
        assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
      }

      const { received, alert } = await connectOnce({ port: scene.port, key, cert: certificate });
      assert.deepEqual({ received, alert }, { received: "hello", alert: null }, `call ${call}`);
      const keys = scene.trust.store.keysOfName("anna");
      const trusted = keys.filter(({ state }) => state === "trusted");
      assert.deepEqual(
        trusted.map(({ pin }) => pin),
        [facts.pin],
      );
      assert.ok(keys.every(({ state }) => state === "trusted" || state === "retired"));
      if (!wasKilled) break;
    }
    // It was killed before the change, after it, and in the end not at all.
    assert.deepEqual([...seen].toSorted(), ["false true", "true false", "true true"]);
    assert.deepEqual(readdirSync(folder).toSorted(), ["default.pem", "default.pem.lock"]);
  });
});

describe("identity rotate in several processes at once", () => {
  it("rotates once for each that says so, and the others say why not", async () => {
    using home = new Home();
    await home.run(["identity", "create"]);
    const folder = home.path("handclasp", "identities");
    const before = opened(folder).facts;
    const all = await Promise.all([1, 2, 3].map(() => home.run(["identity", "rotate", "--type", "rsa"])));
    const done = all.filter(({ code }) => code === 0).length;
    assert.ok(done >= 1);
    for (const { code, stderr } of all) {
      if (code !== 0) assert.match(stderr, /^error: another process is changing .*\nhint: /);
    }
    const links = readEndorsement(opened(folder).facts);
    assert.equal(links.length, done);
    assert.equal(links.at(-1)?.oldPin, before.pin);
  });
});

describe("identity renew that is killed", () => {
  it("leaves one certificate or the other, over the same key", async () => {
    using home = new Home();
    await using scene = await office();
    const folder = home.path("handclasp", "identities");
    saveIdentity(folder, "default", { key: scene.anna.key, certificate: scene.anna.cert });
    for (let call = 1; ; call++) {
      assert.ok(call < MOST_CALLS);
      const wasKilled = await killedAt(home, folder, call, ["identity", "renew"]);
      assert.equal(opened(folder).facts.pin, scene.anna.facts.pin);
      if (!wasKilled) break;
    }
    const { facts } = opened(folder);
    assert.notEqual(facts.fingerprint, scene.anna.facts.fingerprint);
  });
});

describe("identity create that is killed", () => {
  it("leaves an identity that can be used, or none", async () => {
    using home = new Home();
    const folder = home.path("handclasp", "identities");
    for (let call = 1; ; call++) {
      assert.ok(call < MOST_CALLS);
      const wasKilled = await killedAt(home, folder, call, ["identity", "create", `number-${call}`]);
      const made = openIdentity(folder, `number-${call}`);
      if (!wasKilled) {
        assert.ok(made);
        break;
      }
    }
  });
});
