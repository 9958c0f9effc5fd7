import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { commandTree } from "../../../src/cli/verbs.ts";
import { leavesOf } from "../support/leaves.ts";
import { runMany } from "../support/run-many.ts";
import { Home, MAIN, runToEnd } from "../support/serve.ts";

const NAMES_A_PATH = /<(?:file|folder|dir|url|pem|ca|certificate)(?:\.\.\.)?>/;

/** Arguments that not every text can be. */
const FITTING: Readonly<Record<string, string>> = {
  "host:port": "localhost:1",
  listen: "localhost:1",
  event: "1",
  "--expires": "1d",
  "--listen": "unix:authz.sock",
};

describe("a path that is empty", () => {
  it("is wrong usage as an option or an argument of any verb", async () => {
    using home = new Home();
    const lines = leavesOf(await commandTree()).flatMap(({ path, command }) => {
      const needed = command.registeredArguments.filter(({ required }) => required);
      const isPath = needed.map((argument) => NAMES_A_PATH.test(`<${argument.name()}>`));
      const fitting = needed.map((argument) => FITTING[argument.name()] ?? "x");
      const options = command.options.filter(({ flags }) => NAMES_A_PATH.test(flags));
      const mandatory = command.options
        .filter((option) => option.mandatory)
        .flatMap(({ long, argChoices }) => [long ?? "", argChoices?.[0] ?? FITTING[long ?? ""] ?? "x"]);
      return [
        ...options.map(({ long }) => [...path, ...fitting, ...mandatory, long ?? "", ""]),
        ...(isPath.includes(true) ? [[...path, ...fitting.map((text, at) => (isPath[at] ? "" : text))]] : []),
      ];
    });
    assert.ok(lines.length > 40);
    for (const { args, code, stderr } of await runMany(home, lines)) {
      assert.equal(code, 2, `${JSON.stringify(args)}: ${stderr}`);
      assert.match(stderr, /^error: .*'' is invalid.*\. It is empty/, JSON.stringify(args));
    }
    assert.ok(!existsSync(home.path("handclasp")), "nothing is made");
  });
});

describe("HANDCLASP_STORE and XDG_DATA_HOME", () => {
  for (const [what, variables] of [
    ["HANDCLASP_STORE is empty", { HANDCLASP_STORE: "" }],
    ["XDG_DATA_HOME is empty", { XDG_DATA_HOME: "" }],
    ["XDG_DATA_HOME is relative", { XDG_DATA_HOME: "data" }],
    ["HOME, too, is relative", { XDG_DATA_HOME: "./data", HOME: "home" }],
    ["HOME, too, is empty", { XDG_DATA_HOME: "", HOME: "" }],
  ] as const) {
    it(`put nothing into the current folder where ${what}`, async () => {
      using home = new Home();
      const [cwd, folder] = [home.path("cwd"), home.path("home")];
      for (const each of [cwd, folder]) mkdirSync(each);
      const environment = { ...home.environment, HOME: folder, ...variables };
      const { stdout } = await runToEnd(process.execPath, [MAIN, "doctor", "--json"], { environment, cwd });
      assert.ok(Array.isArray(JSON.parse(stdout)));
      if (!("HOME" in variables)) {
        const data = "XDG_DATA_HOME" in variables ? join(folder, ".local/share") : home.folder;
        assert.ok(stdout.includes(join(data, "handclasp")), stdout);
        await runToEnd(process.execPath, [MAIN, "connect", "127.0.0.1:1"], { environment, cwd });
        assert.ok(existsSync(join(data, "handclasp/known_servers.db")));
      }
      assert.deepEqual(readdirSync(cwd), []);
    });
  }
});
