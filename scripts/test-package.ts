// Packs the package, installs the .tgz in an empty folder, and uses it there as a stranger would.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "handclasp-package-"));

function run(command: string, args: readonly string[], cwd: string = folder): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${command} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

try {
  assert.ok(Number(process.versions.node.split(".")[0]) >= 24);
  run("npm", ["run", "-s", "build"], ROOT);
  const packed = run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], ROOT);
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  const strays = files.filter(
    ({ path }) =>
      !/^(dist\/.*\.(js|js\.map|d\.ts)|dist\/man\/handclasp\.1|LICENSE|README\.md|CHANGELOG\.md|SECURITY\.md|package\.json)$/.test(
        path,
      ),
  );
  assert.deepEqual(strays, []);

  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "stranger", private: true, type: "module" }),
  );
  run("npm", ["install", "--no-audit", "--no-fund", join(folder, filename)]);

  writeFileSync(
    join(folder, "use.mjs"),
    `import assert from "node:assert/strict";
import { guard, openStore, Operator, peerOf, Trust } from "handclasp";
for (const each of [guard, openStore, Operator, peerOf, Trust]) assert.equal(typeof each, "function");
const store = openStore("trust.db", { process: "stranger " + process.pid });
await store.putSetting("written", "by the thread that dist/ brings");
assert.equal(store.setting("written"), "by the thread that dist/ brings");
await store.close();
console.log("imported");
`,
  );
  assert.equal(run(process.execPath, ["use.mjs"]), "imported\n");

  // What pretends peers must share the library's own map of them.
  writeFileSync(
    join(folder, "test.mjs"),
    `import assert from "node:assert/strict";
import { peerOf } from "handclasp";
import { fakePeer, guardedServer, testClient } from "handclasp/testing";
const handler = (request, response) => response.end(peerOf(request).name);
fakePeer({ name: "anna" }).through(handler)({}, { end: (name) => assert.equal(name, "anna") });
await using server = await guardedServer(handler);
const bert = await testClient("bert");
console.log(await (await bert.fetch(server)).text());
`,
  );
  assert.equal(run(process.execPath, ["test.mjs"]), "bert\n");

  // Modules cost more than what is in them: an import of many files took twice as long.
  writeFileSync(
    join(folder, "count.mjs"),
    `import { registerHooks } from "node:module";
let files = 0;
registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) files++;
    return next(url, context);
  },
});
await import("handclasp");
console.log(files);
`,
  );
  const loaded = Number(run(process.execPath, ["count.mjs"]));
  assert.ok(loaded <= 12, `an import of the library loads ${loaded} files`);

  // The machine's own Node is often too old: the command says so instead of doing nothing.
  const { PATH = "" } = process.env;
  const folders = PATH.split(delimiter).filter((each) => !each.includes("node_modules"));
  const own = folders.map((each) => join(each, "node")).find((each) => existsSync(each));
  if (own !== undefined && /^v(1\d|2[0-3])\./.test(run(own, ["--version"]))) {
    const command = join(folder, "node_modules/handclasp/dist/cli/main.js");
    const { status, stderr } = spawnSync(own, [command, "gateway"], { encoding: "utf8" });
    assert.equal(status, 1);
    assert.match(stderr, /needs Node 24\.2 or newer; this is v/);
    if (!run(own, ["--version"]).startsWith("v1")) {
      for (const entry of ["handclasp", "handclasp/tls", "handclasp/testing"]) {
        const args = ["--input-type=module", "--eval", `import "${entry}"`];
        const { stderr: said } = spawnSync(own, args, { cwd: folder, encoding: "utf8" });
        assert.match(said, /HandclaspError: handclasp needs Node 24\.2 or newer; this is v/, entry);
      }
    }
  }

  writeFileSync(
    join(folder, "fail.mjs"),
    `import { parseJoinToken } from "handclasp";
try {
  parseJoinToken("no token");
} catch (error) {
  console.log(error.stack);
}
`,
  );
  assert.match(
    run(process.execPath, ["--enable-source-maps", "fail.mjs"]),
    /src.trust.naming.join-token\.ts:\d+/,
  );

  writeFileSync(
    join(folder, "use.ts"),
    `import { type TLSSocket, createServer } from "node:tls";
import { guard, openMemoryStore, peerOf, Trust } from "handclasp";
import { type GuardedServer, guardedServer } from "handclasp/testing";
const trust = new Trust(openMemoryStore(), { now: Date.now, process: "stranger", policy: { firstUse: "ask" } });
const server = createServer((socket: TLSSocket) => socket.end(peerOf(socket)?.name ?? "nobody"));
guard(server, trust, { clientCertificate: "required" });
export const tested: Promise<GuardedServer> = guardedServer((request, response) => response.end(request.url));
`,
  );
  const tsc = createRequire(import.meta.url)
    .resolve("typescript/package.json")
    .replace("package.json", "bin/tsc");
  const types = join(ROOT, "node_modules/@types");
  const options = [
    "--strict",
    "--noEmit",
    "--module",
    "nodenext",
    "--target",
    "es2024",
    "--typeRoots",
    types,
    "--types",
    "node",
  ];
  run(process.execPath, [tsc, ...options, "use.ts"]);

  const bin = join(folder, "node_modules/.bin/handclasp");
  assert.match(run(bin, ["--help"]), /Trust on first use/);
  run(bin, ["store", "stats", "--store", "trust.db"]);
  run(bin, ["trust", "open", "--for", "1m", "--store", "trust.db"]);
  console.log(`${filename}: import, types and the bin work under Node ${process.versions.node}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
