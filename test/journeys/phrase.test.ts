import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import decodeQr from "qr/decode.js";
import { KeyComparison } from "../../src/operator/compare-key.ts";
import { parseKeyCode } from "../../src/trust/naming/key-code.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { Home, MAIN, type RunResult, runToEnd, startServe } from "../cli/support/serve.ts";
import { openHomeStore, printed, printedJson } from "../cli/support/trust.ts";
import { until } from "../proxies/support/until.ts";

/** util-linux's `script`, which gives a program a terminal. */
const terminal = await runToEnd("script", ["--version"]).catch(() => undefined);
const hasTerminal = terminal?.stdout.includes("util-linux") === true;

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

/** What a camera makes of half blocks on a dark screen: what is drawn is light. */
function scanned(screen: string): string {
  const lines = screen.split("\n").map((line) => line.trim());
  const rows = lines.filter((line) => /^[█▀▄ ]{20,}$/.test(line));
  const modules = rows.flatMap((row) => [
    Array.from(row, (block) => (block === "█" || block === "▀" ? 255 : 0)),
    Array.from(row, (block) => (block === "█" || block === "▄" ? 255 : 0)),
  ]);
  const scale = 4;
  const width = (modules[0]?.length ?? 0) * scale;
  const height = modules.length * scale;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let at = 0; at < width * height; at++) {
    const [y, x] = [Math.floor(at / width / scale), Math.floor((at % width) / scale)];
    data.fill(modules[y]?.[x] ?? 255, at * 4, at * 4 + 3);
  }
  return decodeQr({ width, height, data });
}

/** A client is refused at once; that its key waits is written a moment later. */
async function onlyKey(home: Home): Promise<ShownKey> {
  let keys: readonly ShownKey[] = [];
  await until(async () => {
    keys = await printedJson<ShownKey[]>(home, "trust", "list");
    return keys.length > 0;
  }, "a key");
  const [{ pin } = { pin: "" }, ...others] = keys;
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

  it("comes with a code of both keys, which a terminal shows to be scanned, and which compares equal", async (t) => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "ask"]);
    const plain = await home.run(["connect", server.address, "--show-phrase"], "me\n");
    const [, code = ""] = /^code {4}(\S+)$/m.exec(plain.stderr) ?? [];
    const key = await onlyKey(home);
    assert.deepEqual(parseKeyCode(code), { serverPin: server.pin, pin: key.pin });
    assert.doesNotMatch(plain.stderr, /█/);
    const { store } = openHomeStore(home);
    const comparison = new KeyComparison(store, { monotonic: () => 0, random: () => 0 });
    const { equal, how } = comparison.compare("olga", key.pin as KeyPin, { code });
    await store.close();
    assert.deepEqual([equal, how], [true, "scan"]);

    if (!hasTerminal) return t.skip("util-linux has no `script` here");
    const words = [process.execPath, MAIN, "connect", server.address, "--show-phrase"];
    const line = words.map((word) => `'${word}'`).join(" ");
    const args = ["--quiet", "--return", "--command", line, "/dev/null"];
    const { stdout } = await runToEnd("script", args, { input: "me\n", environment: home.environment });
    assert.equal(scanned(stdout), code);
  });

  it("is not shown for a server that is refused", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const args = ["connect", server.address, "--show-phrase", "--verify-server", "refuse"];
    const refused = await home.run(args, "me\n");
    assert.equal(refused.code, 1);
    assert.doesNotMatch(refused.stderr, /^phrase/m);
  });
});
