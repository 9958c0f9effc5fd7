import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Command } from "commander";
import {
  addGatewayOptions,
  type GatewayOptions,
  toGatewayConfig,
} from "../../../../src/cli/server/config/gateway-options.ts";
import { LISTENER_SETTINGS } from "../../../../src/gateway/config/listener-settings.ts";
import { parseConfig } from "../../../../src/gateway/config/parse-config.ts";
import { optionName, type Setting, type SettingTable } from "../../../../src/gateway/config/setting.ts";
import { StoreUrl } from "../../../../src/trust/port/store-url.ts";

const TABLE: SettingTable = LISTENER_SETTINGS;
const READ_AS_TOML = { file: "gateway.toml", folder: "/", store: StoreUrl.parse("memory:") };
const TO = { tcp: "127.0.0.1:5432", http: "http://127.0.0.1:3000" };

/** What options come to. */
function byOptions(args: readonly string[]): object {
  const verb = addGatewayOptions(new Command("gateway"))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  verb.parse([...args, "--store", "memory:"], { from: "user" });
  return toGatewayConfig(verb, verb.opts<GatewayOptions>()).listeners[0] ?? {};
}

/** The only one on a command line is called main where nothing else is said. */
function byFile(lines: readonly string[]): object {
  const isNamed = lines.some((line) => line.startsWith("name = "));
  const all = [...lines, ...(isNamed ? [] : ['name = "main"'])];
  return parseConfig(`[[listener]]\n${all.join("\n")}\n`, READ_AS_TOML).listeners[0] ?? {};
}

/** Something that it can be and is not by default, as an option and a value of TOML have it. */
function another({
  key,
  reader,
  default: standard,
}: Setting<unknown>): readonly [text: string, toml: string] {
  switch (reader.kind) {
    case "words": {
      const word = reader.words.findLast((each) => each !== standard) ?? "";
      return [word, JSON.stringify(word)];
    }
    case "count":
      return ["7", "7"];
    case "list":
      return [others(key).join(","), JSON.stringify(others(key))];
    case "text": {
      const text = { listen: ":9443", max_body: "7MB" }[key] ?? "7m";
      return [text, JSON.stringify(text)];
    }
    default:
      return ["/srv/a.pem", '"/srv/a.pem"'];
  }
}

/** Items that a list can have. */
function others(key: string): readonly string[] {
  if (key === "accept_proxy") return ["192.0.2.0/24", "2001:db8::/32"];
  return key === "forwarded" ? ["x-forwarded", "rfc7239"] : ["app.example.org", "example.net"];
}

describe("options of a listener", () => {
  it("are one for each key of a file that is no table, and called like it", () => {
    const flags = addGatewayOptions(new Command("gateway")).options.map(({ long }) => long);
    for (const { key, reader, option } of Object.values(TABLE)) {
      const name = key === "server_names" ? "server-name" : key.replaceAll("_", "-");
      assert.equal(option === undefined, reader.kind === "tables", key);
      assert.equal(flags.includes(`--${name}`), reader.kind !== "tables", key);
    }
  });

  for (const setting of Object.values(TABLE).filter(({ reader }) => reader.kind === "list")) {
    const { key, only } = setting;

    it(`say ${key} with commas, more than once, or both`, () => {
      const mode = only?.mode === "http" ? "http" : "tcp";
      const [one = "", other = ""] = others(key);
      const say = (...texts: readonly string[]): object => {
        const flags = texts.flatMap((text) => [`--${optionName(setting)}`, text]);
        return byOptions(["--mode", mode, "--to", TO[mode], ...flags]);
      };
      const all = say(`${one},${other},${one}`);
      assert.deepEqual(all, say(one, other, one));
      assert.deepEqual(all, say(`${one}, ${other}`, one));
      assert.notDeepEqual(all, say(one));
    });
  }

  it("come to what a file comes to that says as little", () => {
    const to = ["--to", TO.tcp];
    assert.deepEqual(byOptions(to), byFile(['listen = "127.0.0.1:8443"', `to = "${TO.tcp}"`]));
  });

  for (const setting of Object.values(TABLE).filter(({ option }) => option !== undefined)) {
    const { key, only } = setting;
    if (key === "to" || key === "mode") continue;

    it(`come to what a file comes to that has ${key}`, () => {
      const mode = only?.mode === "http" ? "http" : "tcp";
      const [text, toml] = another(setting);
      const args = ["--mode", mode, "--to", TO[mode], `--${optionName(setting)}`, text];
      const lines = [`mode = "${mode}"`, `to = "${TO[mode]}"`, `${key} = ${toml}`];
      if (key !== "listen") lines.push('listen = "127.0.0.1:8443"');
      // Neither can be said alone.
      const other = { cert: "key", key: "cert" }[key];
      if (other !== undefined) {
        args.push(`--${other}`, "/srv/b.pem");
        lines.push(`${other} = "/srv/b.pem"`);
      }
      assert.deepEqual(byOptions(args), byFile(lines));
      assert.notDeepEqual(byOptions(args), byOptions(["--mode", mode, "--to", TO[mode]]));
    });

    if (only === undefined) continue;

    it(`say that ${key} is for mode ${only.mode} alone, as a file does`, () => {
      const mode = only.mode === "http" ? "tcp" : "http";
      const [text, toml] = another(setting);
      const flag = `--${optionName(setting)}`;
      const args = ["--mode", mode, "--to", TO[mode], flag, text];
      assert.throws(() => byOptions(args), { message: `error: ${flag} is for --mode ${only.mode}` });
      const lines = ['listen = ":1"', `mode = "${mode}"`, `to = "${TO[mode]}"`, `${key} = ${toml}`];
      assert.throws(() => byFile(lines), { message: `gateway.toml:5:1: ${only.complaint}` });
    });
  }
});
