import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { Home, type RunResult, startServe } from "../cli/support/serve.ts";
import { printed, printedJson } from "../cli/support/trust.ts";

interface Between extends AsyncDisposable {
  readonly port: number;
  readonly serverPin: string;
  readonly clientPin: string;
}

/** What a client read out. */
interface Shown {
  readonly phrase: string;
  readonly server: string;
  readonly client: string;
}

interface ShownKey {
  readonly state: string;
  readonly pin: string;
  readonly keyId: string;
  readonly phrase: string | null;
  readonly serverKeyId: string | null;
}

async function startBetween(port: number, keys: "own" | "same"): Promise<Between> {
  const program = join(import.meta.dirname, "support/man-in-the-middle.ts");
  const child = spawn(process.execPath, [program, String(port), keys], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { port: own, serverPin, clientPin } = JSON.parse(String(line)) as Between;
  const exit = new Promise((resolve) => child.on("close", resolve));
  return {
    port: own,
    serverPin,
    clientPin,
    async [Symbol.asyncDispose]() {
      child.kill();
      await exit;
    },
  };
}

function readOut({ stderr }: RunResult): Shown {
  const [, phrase = "", server = "", client = ""] =
    /^phrase {2}(\S+(?: \S+){11})\nserver {2}(\S+)\nclient {2}(\S+)$/m.exec(stderr) ?? [];
  assert.notEqual(phrase, "", stderr);
  return { phrase, server, client };
}

async function onlyKey(home: Home): Promise<ShownKey> {
  const [{ pin } = { pin: "" }, ...others] = await printedJson<ShownKey[]>(home, "trust", "list");
  assert.deepEqual(others, []);
  const [key] = await printedJson<ShownKey[]>(home, "trust", "show", pin);
  assert.ok(key);
  return key;
}

describe("a phrase", () => {
  for (const version of ["1.3", "1.2"]) {
    for (const [mode, state] of [
      ["accept", "trusted"],
      ["ask", "pending"],
    ] as const) {
      it(`is the same at both ends on first contact under ${mode}, in TLS ${version}`, async () => {
        using home = new Home();
        await using server = await startServe(home, ["--first-use", mode]);
        const args = ["connect", server.address, "--show-phrase", "--max-tls", version];
        const met = await home.run(args, "me\n");
        assert.equal(met.code, mode === "accept" ? 0 : 1, met.stderr);
        assert.equal(met.stdout, mode === "accept" ? "Hello, me" : "");
        const shown = readOut(met);
        const key = await onlyKey(home);
        assert.equal(key.state, state);
        assert.deepEqual(shown, { phrase: key.phrase, server: key.serverKeyId, client: key.keyId });
        assert.equal(shown.server, server.keyId);
        const page = await printed(home, "trust", "show", key.pin);
        assert.match(
          page,
          new RegExp(`^ {2}phrase +${shown.phrase}\n {2}with server +${server.keyId}$`, "m"),
        );
        const again = await home.run(args, "me\n");
        assert.deepEqual(readOut(again), shown, "it is the same when they are known");
      });
    }
  }

  for (const keys of ["own", "same"] as const) {
    it(`differs with a man in the middle who has ${keys === "own" ? "two keys" : "one key for both"}`, async () => {
      using home = new Home();
      using visitor = new Home();
      await using server = await startServe(home, ["--first-use", "accept"]);
      await using between = await startBetween(server.port, keys);
      const met = await visitor.run(["connect", `127.0.0.1:${between.port}`, "--show-phrase"], "me\n");
      assert.equal(met.stdout, "Hello, me", "nothing but the phrase tells");
      const shown = readOut(met);
      const key = await onlyKey(home);
      assert.equal(key.pin, between.clientPin);
      assert.ok(key.phrase);
      assert.notEqual(shown.phrase, key.phrase);
      assert.notEqual(shown.server, server.keyId);
      assert.notEqual(shown.client, key.keyId);
    });
  }

  it("is not shown for a server that is refused", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const args = ["connect", server.address, "--show-phrase", "--verify-server", "refuse"];
    const refused = await home.run(args, "me\n");
    assert.equal(refused.code, 1);
    assert.doesNotMatch(refused.stderr, /^phrase/m);
  });
});
