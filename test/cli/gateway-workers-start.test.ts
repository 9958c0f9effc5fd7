import assert from "node:assert/strict";
import { renameSync, symlinkSync } from "node:fs";
import { describe, it } from "node:test";
import { parseConfig } from "../../src/gateway/config/parse-config.ts";
import { Primary, type PrimaryEvent } from "../../src/gateway/workers/primary.ts";
import { Home, MAIN, until } from "./support/serve.ts";

const TEXT = `[[listener]]\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:1"\n`;

describe("workers that cannot be started", { timeout: 120_000 }, () => {
  it("are started as soon as they can be, when they are to replace one that died", async () => {
    using home = new Home();
    const [program, elsewhere] = [home.path("node"), home.path("elsewhere")];
    symlinkSync(process.execPath, program);
    const events: PrimaryEvent[] = [];
    const config = parseConfig(TEXT, { file: "x.toml", folder: home.folder, store: home.store });
    const primary = new Primary(config, {
      count: 2,
      command: [program, MAIN, "gateway", "--worker", "--json"],
      sockets: [],
      onEvent: (event) => events.push(event),
    });
    await primary.start();
    try {
      renameSync(program, elsewhere);
      const [first = 0] = primary.pids;
      process.kill(first, "SIGKILL");
      await until(() => events.filter(({ type }) => type === "worker-failed").length >= 2);
      renameSync(elsewhere, program);
      await until(() => primary.pids.length === 2);
    } finally {
      await primary.stop();
    }
  });

  it("end a gateway that has none yet", async () => {
    using home = new Home();
    const config = parseConfig(TEXT, { file: "x.toml", folder: home.folder, store: home.store });
    const command: [string] = [home.path("missing")];
    const primary = new Primary(config, { count: 2, command, sockets: [], onEvent: () => undefined });
    await assert.rejects(primary.start(), { code: "ENOENT" });
  });
});
