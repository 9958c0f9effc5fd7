import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { hasCode } from "../../src/errors.ts";
import { Home, MAIN, until } from "../cli/support/serve.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PACKAGING = join(import.meta.dirname, "../../packaging");
const SERVICES = ["handclasp-gateway", "handclasp-authorizer"];
const UNITS = SERVICES.flatMap((name) => [`${name}.service`, `${name}.socket`]);
/** What our units mention of systemd's own. */
const TARGETS = ["sysinit", "basic", "shutdown", "sockets", "network-online", "multi-user"];
/** In tenths: `systemd-analyze security` says 1.4. */
const MOST_EXPOSURE = 14;

function analyze(...args: readonly string[]): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  return { code: status, said: stdout + stderr };
}

const skip = spawnSync("systemd-analyze", ["--version"]).status === 0 ? false : "no systemd-analyze";

describe("what packaging/ has for systemd", { skip }, () => {
  const root = temporaryFolder();

  it("are units that systemd takes without a complaint", () => {
    const programs = join(root, "usr/bin");
    const ours = join(root, "etc/systemd/system");
    const theirs = join(root, "usr/lib/systemd/system");
    for (const folder of [programs, ours, theirs, join(root, "bin")]) mkdirSync(folder, { recursive: true });
    for (const program of [join(programs, "handclasp"), join(root, "bin/kill")]) {
      writeFileSync(program, "");
      chmodSync(program, 0o755);
    }
    for (const target of TARGETS) writeFileSync(join(theirs, `${target}.target`), "[Unit]\n");
    for (const unit of UNITS) copyFileSync(join(PACKAGING, unit), join(ours, unit));
    const paths = UNITS.map((unit) => `/etc/systemd/system/${unit}`);
    assert.deepEqual(analyze("verify", `--root=${root}`, ...paths), { code: 0, said: "" });
    writeFileSync(join(ours, "handclasp-gateway.socket"), "[Socket]\nListenStream=1\nNoDelai=yes\n");
    assert.match(analyze("verify", `--root=${root}`, ...paths).said, /Unknown key 'NoDelai'/);
  });

  for (const name of SERVICES) {
    it(`leaves ${name} little that it could do`, () => {
      const unit = join(PACKAGING, `${name}.service`);
      const limit = `--threshold=${MOST_EXPOSURE}`;
      const { code, said } = analyze("security", "--offline=true", "--no-pager", limit, unit);
      assert.equal(code, 0, said);
    });
  }

  it("has the authorizer take the socket that the unit opens, and leave it there", async () => {
    using home = new Home();
    const socket = home.path("authz.sock");
    const args = ["-l", socket, process.execPath, MAIN, "authorizer", "--listen", `unix:${socket}`, "--json"];
    const environment = Object.entries({ XDG_DATA_HOME: home.folder, PATH: process.env["PATH"] ?? "" });
    const passed = environment.flatMap(([name, value]) => ["-E", `${name}=${value}`]);
    const child = spawn("systemd-socket-activate", [...passed, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    try {
      await until(() => existsSync(socket));
      assert.equal(await healthAt(socket), 200);
      for await (const line of createInterface(child.stderr)) {
        if (!line.includes('"event":"listening"')) continue;
        assert.partialDeepStrictEqual(JSON.parse(line), { address: `unix:${socket}` });
        break;
      }
    } finally {
      child.kill();
      await once(child, "close");
    }
    assert.ok(existsSync(socket));
  });
});

/** The status; a socket is there a moment before anybody listens. */
async function healthAt(socketPath: string): Promise<number | undefined> {
  for (;;) {
    const asked = request({ socketPath, path: "/health", agent: false }).end();
    try {
      const [{ statusCode }] = (await once(asked, "response")) as [IncomingMessage];
      return statusCode;
    } catch (error) {
      if (!hasCode(error, "ECONNREFUSED")) throw error;
    }
  }
}
