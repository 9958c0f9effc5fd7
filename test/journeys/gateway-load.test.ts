import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { describe, it } from "node:test";
import { Home, startServer, until } from "../cli/support/serve.ts";
import { gone, openUpstream, received } from "../gateway/support/upstream.ts";
import { ask, Load, startForward, startGateway } from "./support/gateway.ts";
import { openStore } from "../../src/store/open-store.ts";
import { Operator } from "../../src/operator/operator.ts";
import { freePort } from "../support/free-port.ts";
import { PATIENCE_MS } from "../support/patience.ts";

describe("a gateway under load", () => {
  it("takes over another configuration by SIGHUP, file and link, and loses nothing", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const file = home.path("gateway.toml");
    const port = await freePort();
    const write = (...lines: readonly string[]): void => {
      writeFileSync(
        file,
        [
          "[[listener]]",
          'name = "main"',
          `listen = "127.0.0.1:${port}"`,
          `to = "127.0.0.1:${upstream.port}"`,
          'first_use = "accept"',
          ...lines,
        ].join("\n"),
      );
    };
    write();
    await using gateway = await startServer(home, ["gateway", "--config", file]);
    await using forward = await startForward(home, gateway);
    const held = createConnection(forward.port, "127.0.0.1");
    held.write("a");
    await once(held, "data");
    const load = new Load(forward.port, 3);
    const reloads = (): number => gateway.log.filter(({ event }) => event === "reloaded").length;
    for (let again = 1; again <= 5; again++) {
      write(`idle_timeout = "${again}m"`);
      gateway.signal("SIGHUP");
      await until(() => reloads() >= again);
    }
    const before = reloads();
    write('idle_timeout = "10m"');
    await until(() => reloads() > before);
    write("idle_timeuot = 5");
    // Read while it was being written, it may be called incomplete before.
    const { message } = await gateway.logged(
      (line) => line.event === "reload-failed" && /timeuot/.test(String(line.message)),
    );
    assert.match(String(message), /gateway.toml:6:1: there is no key "idle_timeuot" here/);
    const askedBefore = load.asked;
    await until(() => load.asked > Math.max(20, askedBefore + 5));
    held.write("b");
    assert.equal(String((await once(held, "data"))[0]), "b");
    held.destroy();
    await load.stop();
    assert.deepEqual(load.problems, []);
  });

  it("takes over another configuration in all of its workers, new listeners too", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const file = home.path("gateway.toml");
    const ports = [await freePort(), await freePort()];
    const write = (count: number): void => {
      const listeners = ports
        .slice(0, count)
        .map((port) =>
          [
            "[[listener]]",
            `listen = "127.0.0.1:${port}"`,
            `to = "127.0.0.1:${upstream.port}"`,
            'first_use = "accept"',
          ].join("\n"),
        );
      writeFileSync(file, ["workers = 2", ...listeners].join("\n"));
    };
    write(1);
    const gateway = await startServer(home, ["gateway", "--config", file]);
    const [first, second] = await Promise.all(
      ports.map((port) => startServer(home, ["forward", "127.0.0.1:0", `127.0.0.1:${port}`])),
    );
    assert.ok(first && second);
    const load = new Load(first.port, 3);
    write(2);
    gateway.signal("SIGHUP");
    await gateway.logged(({ event }) => event === "reloaded");
    const end = performance.now() + PATIENCE_MS;
    for (let answered = 0; answered < 20;) {
      const answer = await ask(second.port, Buffer.from("hello")).catch(() => undefined);
      if (String(answer) === "hello") answered += 1;
      else await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(performance.now() < end, `the new listener answered ${answered} times`);
    }
    await load.stop();
    assert.deepEqual(load.problems, []);
    assert.equal(await gateway.stop(), 0);
    await first.stop();
    await second.stop();
  });

  it("drains on SIGTERM: what runs comes to its end, and it exits with 0", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    await using forward = await startForward(home, gateway);
    const running: Socket[] = [];
    for (let count = 0; count < 10; count++) {
      const socket = createConnection({ port: forward.port, host: "127.0.0.1", allowHalfOpen: true });
      socket.write("first");
      await once(socket, "data");
      running.push(socket);
    }
    const exit = gateway.stop();
    await gateway.logged(({ event }) => event === "stopping");
    const rest = randomBytes(200_000);
    const answers = await Promise.all(
      running.map((socket) => {
        const answer = received(socket);
        socket.end(rest);
        return answer;
      }),
    );
    for (const answer of answers) assert.ok(answer.equals(rest));
    assert.equal(await exit, 0);
  });

  it("ends at once on a second signal, with 0", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    await using forward = await startForward(home, gateway);
    const socket = createConnection(forward.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("x");
    await once(socket, "data");
    const exit = gateway.stop();
    await gateway.logged(({ event }) => event === "stopping");
    gateway.signal("SIGTERM");
    assert.equal(await exit, 0);
    socket.destroy();
  });

  it("ends live connections when their key is revoked, and nobody else notices", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    await home.run(["identity", "create", "loser"]);
    await using forward = await startForward(home, gateway);
    await using losing = await startForward(home, gateway, "--identity", "loser");
    const load = new Load(forward.port, 2);
    const victims: Socket[] = [];
    for (let count = 0; count < 20; count++) {
      const socket = createConnection(losing.port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write("x");
      await once(socket, "data");
      victims.push(socket);
    }
    await using store = openStore(home.store);
    const operator = new Operator(store, { user: "test", process: "test", now: Date.now });
    const ends = victims.map(gone);
    await operator.revoke(String(losing.ready["pin"]));
    await Promise.all(ends);
    await load.stop();
    assert.deepEqual(load.problems, []);
  });
});
