import assert from "node:assert/strict";
import { globSync, renameSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { Home, type RunningServer, startServer, until } from "../cli/support/serve.ts";
import { exchange, gone, openClient, openUpstream } from "../gateway/support/upstream.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";

const LIBRARY = globSync("/usr/lib/*/faketime/libfaketimeMT.so.1")[0];
const DAY_MS = 86_400_000;
const lastWeek = new Date(Date.now() - 7 * DAY_MS);
const ada = await identity("ada", { now: lastWeek });

/** The wall clock of processes that are started here can be shifted while they run; the monotonic one stays. */
class ShiftedHome extends Home {
  override get environment(): NodeJS.ProcessEnv {
    return {
      ...super.environment,
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: this.path("clock"),
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  shift(offset: string): void {
    writeFileSync(this.path("clock.new"), `${offset}\n`);
    renameSync(this.path("clock.new"), this.path("clock"));
  }
}

async function speaks(socket: TLSSocket): Promise<void> {
  socket.write("still here");
  assert.equal(String((await once(socket, "data"))[0]), "still here");
}

async function comesThrough({ port }: RunningServer, who: TestIdentity): Promise<void> {
  assert.equal(await exchange(await openClient(port, who), "hello"), "hello");
}

describe("a gateway whose clock jumps", { skip: LIBRARY === undefined ? "no faketime" : false }, () => {
  it("by days, forward and back, keeps connections, and judges by the clock as it is", async () => {
    using home = new ShiftedHome();
    home.shift("+0");
    await using upstream = await openUpstream();
    const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--handshake-timeout", "3s"];
    await using gateway = await startServer(home, [...verb, "--first-use", "accept"]);
    await comesThrough(gateway, ada);
    const today = await identity("today", { days: 1 });
    const live = await openClient(gateway.port, today);
    await speaks(live);

    let strangers = 0;
    for (const [offset, isValid] of [
      ["+2d", false],
      ["+0", true],
      ["-2d", false],
      ["+0", true],
    ] as const) {
      const silent = createConnection(gateway.port, "127.0.0.1");
      await once(silent, "connect");
      const since = performance.now();
      home.shift(offset);
      await speaks(live);
      if (isValid) await comesThrough(gateway, today);
      else {
        const { alert } = await connectOnce({ port: gateway.port, identity: today, eager: "x" });
        assert.equal(alert, 45, `at ${offset}`);
      }
      await comesThrough(gateway, ada);
      const stranger = await identity(`stranger ${strangers++}`, { now: lastWeek });
      await comesThrough(gateway, stranger);
      await gone(silent);
      const waitedMs = performance.now() - since;
      assert.ok(waitedMs > 2500 && waitedMs < 20_000, `a silent client was let go after ${waitedMs} ms`);
    }
    await speaks(live);
    live.destroy();
    await until(() => upstream.sockets.size === 0);
    assert.equal(gateway.log.filter(({ event }) => event === "error" || event === "failed").length, 0);
    assert.equal(await gateway.stop(), 0);
  });
});
