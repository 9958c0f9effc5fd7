import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, watch, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { placeSocket } from "../../../src/cli/authorizer/place-socket.ts";
import { freshFolder } from "./support/fresh-folder.ts";

function ended(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A socket whose process is gone. */
function leaveBehind(path: string): void {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", script]);
  assert.ok(lstatSync(path).isSocket());
}

describe("placeSocket", () => {
  it("makes a socket of that mode, and nothing else is left in its folder", async () => {
    using folder = freshFolder();
    for (const mode of [0o600, 0o660]) {
      const server = createServer();
      const path = join(folder.path, "authz.sock");
      const remove = await placeSocket(server, path, mode);
      assert.equal(lstatSync(path).mode & 0o777, mode);
      assert.deepEqual(readdirSync(folder.path), ["authz.sock"]);
      await ended(server);
      remove();
      assert.deepEqual(readdirSync(folder.path), []);
    }
  });

  it("has it in place with its mode from the first moment, whatever the umask is", async () => {
    using folder = freshFolder();
    const path = join(folder.path, "authz.sock");
    const modes: number[] = [];
    const watching = watch(folder.path, () => {
      if (existsSync(path)) modes.push(lstatSync(path).mode & 0o777);
    });
    const umask = process.umask(0);
    const server = createServer();
    try {
      const remove = await placeSocket(server, path, 0o660);
      for (let count = 0; count < 5; count++) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(new Set(modes.concat(lstatSync(path).mode & 0o777)), new Set([0o660]));
      await ended(server);
      remove();
    } finally {
      process.umask(umask);
      watching.close();
    }
  });

  it("replaces a socket that nobody listens on any more", async () => {
    using folder = freshFolder();
    const path = join(folder.path, "authz.sock");
    leaveBehind(path);
    const server = createServer();
    const remove = await placeSocket(server, path, 0o660);
    assert.deepEqual(readdirSync(folder.path), ["authz.sock"]);
    await ended(server);
    remove();
  });

  it("leaves alone what somebody listens on, and what is no socket", async () => {
    using folder = freshFolder();
    const path = join(folder.path, "authz.sock");
    const first = createServer();
    const remove = await placeSocket(first, path, 0o660);
    await assert.rejects(placeSocket(createServer(), path, 0o660), {
      code: "ERR_HANDCLASP_OPTION",
      message: `cannot listen on unix:${path}: another process listens there`,
    });
    assert.ok(first.listening);
    const file = join(folder.path, "file");
    writeFileSync(file, "mine");
    await assert.rejects(placeSocket(createServer(), file, 0o660), /there is a file that is no socket/);
    assert.deepEqual(readdirSync(folder.path), ["authz.sock", "file"]);
    await ended(first);
    remove();
  });

  it("takes away no socket that another process has put there since", async () => {
    using folder = freshFolder();
    const path = join(folder.path, "authz.sock");
    const first = createServer();
    const removeFirst = await placeSocket(first, path, 0o660);
    await ended(first);
    const second = createServer();
    const removeSecond = await placeSocket(second, path, 0o660);
    removeFirst();
    assert.ok(existsSync(path));
    await ended(second);
    removeSecond();
  });

  it("says which folder is not there, and not the one that it would have made in it", async () => {
    using folder = freshFolder();
    const path = join(folder.path, "none", "authz.sock");
    await assert.rejects(placeSocket(createServer(), path, 0o660), {
      code: "ERR_HANDCLASP_OPTION",
      message: `cannot listen on unix:${path}: there is no folder ${join(folder.path, "none")}: make it`,
    });
  });
});
