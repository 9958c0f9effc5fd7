import assert from "node:assert/strict";
import { globSync, renameSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { Home, type RunningServer, startServer, until } from "../cli/support/serve.ts";
import { exchange, gone, openClient, openUpstream } from "../gateway/support/upstream.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { connectOnce, type Outcome } from "../guard/support/node-client.ts";
import { DEFAULT_FIRST_USE_LIMITS } from "../../src/trust/limits/first-use-limits.ts";
import { forEachOf } from "./support/flood.ts";
import { slowed } from "./support/slow-home.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../support/patience.ts";

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

/** Says what it is told, until it is told to end. */
function untilBye(socket: Socket): void {
  socket.on("end", () => socket.end());
  socket.on("data", (said: Buffer) => (String(said) === "bye" ? socket.end("hello") : socket.write(said)));
}

/** A key of last week, so that it is good at any time the clock may show here. */
function stranger(name: string): Promise<TestIdentity> {
  return identity(name, { now: lastWeek, type: "ed25519" });
}

/** How many refusals for this reason the metrics page counts. */
async function refusals(gateway: RunningServer, reason: string): Promise<number> {
  const { address } = await gateway.logged(({ event }) => event === "metrics");
  const text = await (await fetch(`http://${String(address)}/metrics`)).text();
  return Number(
    new RegExp(`refusals_total\\{listener="main",reason="${reason}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
  );
}

/** Strangers come faster than their limit takes back, however slow the machine is. */
const SLOWER = 20;
/** How many strangers of one address are met in the long run. */
const perSecond = DEFAULT_FIRST_USE_LIMITS.perNetwork.perSecond / SLOWER;

/** By its monotonic clock time passes slowly, too. */
class SlowShiftedHome extends ShiftedHome {
  override get environment(): NodeJS.ProcessEnv {
    return slowed(super.environment, SLOWER);
  }
}

async function startShifted(home: ShiftedHome, to: number, ...more: string[]): Promise<RunningServer> {
  home.shift("+0");
  const verb = ["gateway", "--to", `127.0.0.1:${to}`, "--first-use", "accept"];
  return await startServer(home, [...verb, ...more]);
}

for (const workers of ["1", "2"]) {
  const skip = LIBRARY === undefined ? "no faketime" : false;
  describe(`a gateway of ${workers} whose clock jumps`, { skip, timeout: FILE_PATIENCE_MS }, () => {
    it("by days, forward and back, keeps connections, and judges by the clock as it is", async () => {
      using home = new ShiftedHome();
      await using upstream = await openUpstream();
      home.shift("+0");
      const listener = (name: string, timeout: string): string =>
        `[[listener]]\nname = "${name}"\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:${upstream.port}"\n` +
        `first_use = "accept"\nhandshake_timeout = "${timeout}"\n`;
      const file = home.path("gateway.toml");
      writeFileSync(file, `workers = ${workers}\n${listener("main", "60s")}${listener("impatient", "3s")}`);
      await using gateway = await startServer(home, ["gateway", "--config", file]);
      const impatient = await gateway.logged(
        (line) => line.event === "listening" && line["listener"] === "impatient",
      );
      await comesThrough(gateway, ada);
      const today = await identity("today", { days: 1 });
      const live = await Promise.all(Array.from({ length: 6 }, () => openClient(gateway.port, today)));
      for (const socket of live) await speaks(socket);

      let strangers = 0;
      for (const [offset, isValid] of [
        ["+2d", false],
        ["+0", true],
        ["-2d", false],
        ["+0", true],
      ] as const) {
        // From before the gateway can have begun to wait.
        const since = performance.now();
        const silent = createConnection(Number(impatient["port"]), "127.0.0.1");
        await once(silent, "connect");
        const waited = gone(silent).then(() => performance.now() - since);
        home.shift(offset);
        for (const socket of live) await speaks(socket);
        for (let again = 0; again < 4; again++) {
          if (isValid) await comesThrough(gateway, today);
          else {
            const { alert } = await connectOnce({ port: gateway.port, identity: today, eager: "x" });
            assert.equal(alert, 45, `at ${offset}`);
          }
          await comesThrough(gateway, ada);
        }
        await comesThrough(gateway, await stranger(`stranger ${strangers++}`));
        const waitedMs = await waited;
        assert.ok(
          waitedMs > 2500 && waitedMs < PATIENCE_MS,
          `a silent client was let go after ${waitedMs} ms`,
        );
      }
      for (const socket of live) {
        await speaks(socket);
        socket.destroy();
      }
      await until(() => upstream.sockets.size === 0);
      assert.equal(gateway.log.filter(({ event }) => event === "error" || event === "failed").length, 0);
      assert.equal(await gateway.stop(), 0);
    });

    it("limits strangers by time that passes, and not by what the clock says", async () => {
      using home = new SlowShiftedHome();
      await using gateway = await startShifted(
        home,
        1,
        "--workers",
        workers,
        "--first-use",
        "ask",
        "--metrics",
        "127.0.0.1:0",
      );
      let strangers = 0;
      const flood = async (count: number): Promise<void> => {
        const keys = Array.from({ length: count }, () => stranger(`flood ${strangers++}`));
        await forEachOf(await Promise.all(keys), 16, (who) =>
          connectOnce({ port: gateway.port, identity: who }),
        );
      };
      // From when there was next to nothing left on.
      let began = performance.now();
      while ((await refusals(gateway, "rate-limited")) < 30) {
        await flood(50);
        began = performance.now();
        assert.ok(strangers < 3000, "strangers are not limited");
      }
      // Days that nobody lived through let nobody in.
      const before = await refusals(gateway, "pending");
      home.shift("+2d");
      await flood(150);
      const met = (await refusals(gateway, "pending")) - before;
      const seconds = (performance.now() - began) / 1000;
      assert.ok(met <= perSecond * seconds + 16, `${met} were met in ${seconds} s`);
      // Back in time, a network has to wait no longer than it had to.
      home.shift("-2d");
      const since = performance.now();
      while ((await refusals(gateway, "pending")) <= before + met) {
        await flood(4);
        assert.ok(performance.now() - since < PATIENCE_MS, "strangers are kept out for good");
      }
    });

    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      it(`takes no ticket that is too old by the clock, and none of a revoked key at any time, in ${version}`, async () => {
        using home = new ShiftedHome();
        await using upstream = await openUpstream(untilBye);
        await using gateway = await startShifted(home, upstream.port, "--workers", workers);
        const visit = async (session?: Buffer): Promise<Outcome> => {
          const versions = { minVersion: version, maxVersion: version };
          const resume = session === undefined ? {} : { session };
          return await connectOnce({
            port: gateway.port,
            identity: ada,
            eager: "bye",
            ...versions,
            ...resume,
          });
        };
        const { session, received } = await visit();
        assert.equal(received, "hello");
        const outcomes: unknown[] = [];
        for (const offset of ["+0", "+2d", "+0", "-1d"]) {
          home.shift(offset);
          const again = await visit(session);
          outcomes.push([offset, again.resumed, again.received]);
        }
        assert.deepEqual(outcomes, [
          ["+0", true, "hello"],
          ["+2d", false, "hello"],
          ["+0", true, "hello"],
          ["-1d", true, "hello"],
        ]);
        const { session: earlier } = await visit();
        home.shift("+0");
        const live = await Promise.all(Array.from({ length: 6 }, () => openClient(gateway.port, ada)));
        for (const socket of live) await speaks(socket);
        const cut = Promise.all(live.map(gone));
        assert.equal((await home.run(["trust", "revoke", "ada"])).code, 0);
        await cut;
        for (const offset of ["+0", "+2d", "-1d"]) {
          home.shift(offset);
          for (const ticket of [session, earlier]) {
            const { resumed, alert } = await visit(ticket);
            assert.deepEqual([offset, resumed, alert], [offset, false, 44]);
          }
        }
      });
    }

    it("logs how long a connection took, whatever the clock did meanwhile", async () => {
      using home = new ShiftedHome();
      await using upstream = await openUpstream();
      await using gateway = await startShifted(
        home,
        upstream.port,
        "--workers",
        workers,
        "--log",
        "connections",
      );
      const client = await openClient(gateway.port, ada);
      await speaks(client);
      home.shift("-2d");
      assert.equal(await exchange(client, ""), "");
      const tookMs = Number((await gateway.logged(({ event }) => event === "closed"))["durationMs"]);
      assert.ok(tookMs >= 0 && tookMs < 60_000, `${tookMs} ms`);
    });
  });
}
