import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { Home, type RunningServer, startServer, until } from "../cli/support/serve.ts";
import { openClient, openUpstream, received } from "../gateway/support/upstream.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { Flood } from "./support/flood.ts";
import { freePort } from "../support/free-port.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../support/patience.ts";

const ada = await identity("ada");
const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** An HTTP service that answers when it is told to. */
class Service implements AsyncDisposable {
  readonly waiting: ServerResponse[] = [];
  isSlow = false;
  readonly #server = createServer((_request, response) => {
    if (this.isSlow) this.waiting.push(response);
    else response.end("hello");
  });

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    return Promise.resolve();
  }
}

/** A disk of its own, of four megabytes. */
class SmallDisk implements Disposable {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
    assert.equal(mounted.status, 0, String(mounted.stderr));
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  fill(): void {
    const file = openSync(this.path("filler"), "w");
    assert.throws(() => {
      for (;;) writeSync(file, new Uint8Array(4096));
    }, /ENOSPC/);
    closeSync(file);
  }

  free(): void {
    rmSync(this.path("filler"));
  }

  [Symbol.dispose](): void {
    spawnSync("umount", ["--lazy", this.#folder]);
  }
}

/** Why no disk can be had; false when it can. */
const noMount = process.getuid?.() === 0 && canMount() ? false : "needs to mount";

function canMount(): boolean {
  using home = new Home();
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", home.folder]);
  spawnSync("umount", [home.folder]);
  return status === 0;
}

interface Ports {
  readonly tcp: number;
  readonly http: number;
}

interface Both {
  readonly gateway: RunningServer;
  readonly ports: Ports;
}

/** A gateway before a service of either kind, which knows Ada and asks about all others. `top` is of the whole, `each` of both listeners. */
async function startBoth(
  home: Home,
  to: Ports,
  settings: { readonly top: readonly string[]; readonly each: readonly string[] },
  limits?: string,
): Promise<Both> {
  const ports = { tcp: await freePort(), http: await freePort() };
  const listener = (mode: keyof Ports, scheme: string): readonly string[] => [
    "[[listener]]",
    `name = "${mode}"`,
    `mode = "${mode}"`,
    `listen = "127.0.0.1:${ports[mode]}"`,
    `to = "${scheme}127.0.0.1:${to[mode]}"`,
    ...settings.each,
  ];
  writeFileSync(home.path("ada.pem"), ada.cert);
  assert.equal((await home.run(["trust", "add", home.path("ada.pem")])).code, 0);
  const lines = [...settings.top, ...listener("tcp", ""), ...listener("http", "http://")];
  writeFileSync(home.path("gateway.toml"), lines.join("\n"));
  return {
    gateway: await startServer(home, ["gateway", "--config", home.path("gateway.toml")], limits),
    ports,
  };
}

function refuses(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection(port, "127.0.0.1");
  socket.on("error", () => resolve(true)).on("connect", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** Whether it answers through both listeners; waits for it. */
async function answers({ tcp, http }: Ports): Promise<void> {
  const service = await openClient(tcp, ada);
  service.end("hello");
  assert.equal(String(await received(service)), "hello");
  const web = await openClient(http, ada);
  web.write(REQUEST.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  assert.match(String(await received(web)), /hello$/);
  web.destroy();
}

for (const workers of [1, 2]) {
  describe(`a gateway of ${workers} in trouble`, { timeout: FILE_PATIENCE_MS }, () => {
    it("lets nobody in while its store is gone or another one, makes none, and goes on when it is back", async () => {
      using home = new Home();
      await using upstream = await openUpstream((socket) => socket.end("hello"));
      const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept"];
      await using gateway = await startServer(home, [...verb, "--workers", String(workers)]);
      const visit = async (): Promise<string> => {
        const { received: said, alert } = await connectOnce({ port: gateway.port, identity: ada });
        return alert === null ? said : String(alert);
      };
      /** Until a dozen clients in a row come to this. */
      const settles = async (wanted: string): Promise<void> => {
        const since = performance.now();
        for (let inARow = 0; inARow < 12;) {
          inARow = (await visit()) === wanted ? inARow + 1 : 0;
          assert.ok(performance.now() - since < PATIENCE_MS, `it never came to ${wanted}`);
        }
      };
      await settles("hello");
      const away = `${home.store}.away`;
      renameSync(home.store, away);
      await settles("80");
      const stranger = await connectOnce({ port: gateway.port, identity: await identity("eve") });
      assert.equal(stranger.alert, 80);
      assert.equal(existsSync(home.store), false);
      renameSync(away, home.store);
      await settles("hello");
      copyFileSync(home.store, away);
      renameSync(away, home.store);
      await settles("80");
      assert.equal(await gateway.stop(), 0);
    });

    it("refuses first use while its disk is full, and nobody else", { skip: noMount }, async () => {
      using home = new Home();
      using disk = new SmallDisk(home.path("disk"));
      await using upstream = await openUpstream((socket) => socket.end("hello"));
      const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept"];
      const store = ["--store", disk.path("trust.db"), "--workers", String(workers)];
      await using gateway = await startServer(home, [...verb, ...store]);
      let strangers = 0;
      const visit = async (who?: TestIdentity): Promise<string> => {
        const shown = who ?? (await identity(`stranger ${strangers++}`));
        const { received: said, alert } = await connectOnce({ port: gateway.port, identity: shown });
        return alert === null ? said : String(alert);
      };
      assert.equal(await visit(ada), "hello");
      disk.fill();
      // What the log of the store has room for comes in.
      for (let refused = 0; refused < 12;) {
        const seen = await visit();
        assert.match(seen, /^(hello|80)$/);
        refused = seen === "80" ? refused + 1 : 0;
        assert.equal(await visit(ada), "hello");
        assert.ok(strangers < 250, "the disk never got full");
      }
      disk.free();
      for (let again = 0; again < 12; again++) assert.equal(await visit(), "hello");
      assert.equal(await visit(ada), "hello");
      assert.equal(await gateway.stop(), 0);
      const check = await home.run(["store", "check", "--store", disk.path("trust.db")]);
      assert.equal(check.code, 0, check.stdout + check.stderr);
    });

    it("has clients of both modes wait when its files are used up, and takes all of them later", async () => {
      using home = new Home();
      await using upstream = await openUpstream();
      await using service = await new Service().listen();
      const settings = { top: [`workers = ${workers}`], each: ['handshake_timeout = "60s"'] };
      const to = { tcp: upstream.port, http: service.port };
      const { gateway, ports } = await startBoth(home, to, settings, "-n 140");
      await using _stopped = gateway;
      await answers(ports);
      const isFull = (): boolean => gateway.log.some(({ event }) => event === "full");
      const held: TLSSocket[] = [];
      const opening: Promise<unknown>[] = [];
      for (let count = 0; count < 400 && !isFull(); count++) {
        const open = openClient(count % 2 === 0 ? ports.tcp : ports.http, ada).then((client) => {
          client.on("error", () => undefined).write(REQUEST);
          return held.push(client);
        });
        opening.push(open);
        await Promise.race([open, new Promise((resolve) => setTimeout(resolve, 200))]);
      }
      assert.ok(isFull());
      await until(() => held.length >= 10);
      // Those who wait come in as others go.
      for (const client of held.splice(0)) client.destroy();
      await Promise.all(opening);
      for (const client of held) client.destroy();
      for (let again = 0; again < 6; again++) await answers(ports);
      // Sockets that say nothing take the room, too, until their time is over.
      const file = home.path("gateway.toml");
      writeFileSync(file, readFileSync(file, "utf8").replaceAll('"60s"', '"3s"'));
      gateway.signal("SIGHUP");
      await gateway.logged(({ event }) => event === "reloaded");
      const silent = Array.from({ length: 300 }, (_, at) =>
        createConnection(at % 2 === 0 ? ports.tcp : ports.http, "127.0.0.1").on("error", () => undefined),
      );
      await Promise.all(silent.map((socket) => once(socket, "connect")));
      const since = performance.now();
      while (
        !(await answers(ports).then(
          () => true,
          () => false,
        ))
      )
        assert.ok(performance.now() - since < PATIENCE_MS);
      for (const socket of silent) socket.destroy();
      const troubles = gateway.log.filter(({ event }) => ["upstream-failed", "error"].includes(event));
      assert.deepEqual(troubles, []);
    });

    it("drains while strangers and silent sockets come, and what runs in both modes finishes", async () => {
      using home = new Home();
      let running: Socket | undefined;
      await using upstream = await openUpstream((socket) => (running = socket));
      await using service = await new Service().listen();
      service.isSlow = true;
      const settings = {
        top: [`workers = ${workers}`, 'drain_timeout = "1h"'],
        each: ['handshake_timeout = "1h"'],
      };
      const to = { tcp: upstream.port, http: service.port };
      const { gateway, ports } = await startBoth(home, to, settings);
      const tcp = await openClient(ports.tcp, ada);
      tcp.write("begin");
      const web = await openClient(ports.http, ada);
      web.write(REQUEST);
      await until(() => running !== undefined && service.waiting.length === 1);
      await using _one = new Flood(ports.tcp);
      await using _other = new Flood(ports.http);
      const silent = Array.from({ length: 200 }, (_, at) =>
        createConnection(at % 2 === 0 ? ports.tcp : ports.http, "127.0.0.1").on("error", () => undefined),
      );
      await Promise.all(silent.map((socket) => once(socket, "connect")));
      await gateway.logged(({ event }) => event === "refused");
      const stopped = gateway.stop();
      await gateway.logged(({ event }) => event === "stopping");
      while (!((await refuses(ports.tcp)) && (await refuses(ports.http))));
      // It waits for these two, though the others are still there.
      tcp.write("more");
      const [said, page] = [received(tcp), received(web)];
      running?.end("done");
      service.waiting[0]?.end("done");
      assert.equal(String(await said), "done");
      tcp.end();
      assert.match(String(await page), /done$/);
      web.destroy();
      const since = performance.now();
      assert.equal(await stopped, 0);
      assert.ok(performance.now() - since < PATIENCE_MS, "it waited for those who say nothing");
      for (const socket of silent) socket.destroy();
    });
  });
}
