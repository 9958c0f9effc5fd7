import assert from "node:assert/strict";
import { existsSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { openUpstream, openClient, exchange } from "../gateway/support/upstream.ts";
import { identity } from "../guard/support/identities.ts";
import { connectWithHeader, headerV2 } from "../gateway/support/proxy-header.ts";
import { runHere } from "./support/run-here.ts";
import { Home, type RunningServer, startServe, startServer, until } from "./support/serve.ts";
import { freePort } from "../support/free-port.ts";

const ada = await identity("ada");

function count(server: RunningServer, name: string): number {
  return server.log.filter(({ event }) => event === name).length;
}

async function shownBy(server: RunningServer): Promise<string | undefined> {
  const client = await openClient(server.port, ada);
  const subject = client.getPeerX509Certificate()?.subject;
  client.destroy();
  return subject;
}

describe("gateway", () => {
  it("shows another certificate when a link to its folder is changed, and keeps the old one for a mismatch", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const [first, second] = await Promise.all([identity("first"), identity("second")]);
    const put = (folder: string, cert: string, key: string): void => {
      writeFileSync(home.path(`${folder}.crt`), cert);
      writeFileSync(home.path(`${folder}.key`), key);
    };
    put("a", first.cert, first.key);
    put("b", second.cert, second.key);
    put("c", first.cert, second.key);
    const point = (to: string): void => {
      for (const end of ["crt", "key"]) {
        symlinkSync(home.path(`${to}.${end}`), home.path(`next.${end}`));
        renameSync(home.path(`next.${end}`), home.path(`server.${end}`));
      }
    };
    point("a");
    const files = ["--cert", home.path("server.crt"), "--key", home.path("server.key")];
    const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept", ...files];
    await using gateway = await startServer(home, verb);
    assert.equal(await shownBy(gateway), "CN=first");
    const running = await openClient(gateway.port, ada);
    point("b");
    await until(() => count(gateway, "reloaded") > 0);
    assert.equal(await shownBy(gateway), "CN=second");
    // Seen between the two of b, it has said so before.
    const failed = count(gateway, "reload-failed");
    point("c");
    await until(() => count(gateway, "reload-failed") > failed);
    assert.equal(await shownBy(gateway), "CN=second");
    assert.equal(await exchange(running, "still here"), "still here");
  });

  it("shows the key that its own identity was rotated to", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const args = [
      "--to",
      `127.0.0.1:${upstream.port}`,
      "--first-use",
      "accept",
      "--client-certificate",
      "none",
    ];
    await using gateway = await startServer(home, ["gateway", ...args]);
    const before = await openClient(gateway.port, undefined);
    const rotated = await runHere(home, ["identity", "rotate", "--server"]);
    assert.equal(rotated.code, 0, rotated.stderr);
    await until(() => count(gateway, "reloaded") > 0);
    const after = await openClient(gateway.port, undefined);
    const [old, now] = [before, after].map((socket) => socket.getPeerX509Certificate()?.fingerprint256);
    assert.notEqual(old, now);
    for (const socket of [before, after]) socket.destroy();
  });

  it("says what is wrong with its command line", async () => {
    using home = new Home();
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [[], /give --to/],
      [["--to", "http://127.0.0.1:1"], /mode tcp/],
      [["--to", "127.0.0.1:1", "--mode", "http"], /mode http/],
      [["--to", "127.0.0.1:1", "--accept-proxy", "10.0.0.1/8"], /no IP network/],
      [["--to", "http://127.0.0.1:1", "--mode", "http", "--server-name", "a.test:443"], /no host name/],
      [["--to", "http://127.0.0.1:1", "--mode", "http", "--alpn", "h2"], /--alpn is for --mode tcp/],
      [
        ["--to", "http://127.0.0.1:1", "--mode", "http", "--send-proxy", "v2"],
        /--send-proxy is for --mode tcp/,
      ],
      [["--config", "x.toml", "--to", "127.0.0.1:1"], /--to and --config do not go together/],
      [["--config", "x.toml", "--first-use", "ask"], /--first-use and --config/],
    ];
    for (const [args, message] of wrong) {
      const { code, stderr } = await runHere(home, ["gateway", ...args]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    }
    const { code, stderr } = await runHere(home, ["gateway", "--config", home.path("missing.toml")]);
    assert.equal(code, 1);
    assert.match(stderr, /cannot read .*missing.toml/);
  });

  it("keeps a folder of certificates, prints them, and traces, as serve does", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const args = ["--pem-dir", home.path("pem"), "--print-certificate", "--trace=listing"];
    const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept", ...args];
    await using gateway = await startServer(home, verb);
    assert.equal(await exchange(await openClient(gateway.port, ada), "x"), "x");
    await until(() => gateway.stdout.includes("BEGIN CERTIFICATE"));
    await until(() => /_TLSMessageType\.CLIENT_HELLO/.test(gateway.stdout));
    await until(() => readdirSync(home.path("pem")).length === 1);
  });

  it("listens on all addresses for :PORT", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const port = await freePort();
    const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--listen", `:${port}`];
    await using gateway = await startServer(home, verb);
    assert.equal(gateway.port, port);
    assert.equal(gateway.host, "::");
  });
});

describe("check-config", () => {
  it("finds nothing wrong, or says what, where, and exits with 1", async () => {
    using home = new Home();
    const file = home.path("gateway.toml");
    const good = '[[listener]]\nlisten = ":8443"\nto = "127.0.0.1:5432"\n';
    writeFileSync(file, good);
    const fine = await runHere(home, ["check-config", file]);
    assert.deepEqual([fine.code, fine.stdout], [0, `${file}: 1 listener, nothing wrong\n`]);
    writeFileSync(file, `${good}first_uses = "ask"\n`);
    const bad = await runHere(home, ["check-config", file]);
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /gateway\.toml:4:1: there is no key "first_uses" here/);
    const json = await runHere(home, ["check-config", file, "--json"]);
    assert.equal(json.code, 1);
    const complaint = { line: 4, column: 1, message: 'there is no key "first_uses" here' };
    assert.deepEqual(JSON.parse(json.stdout), { complaints: [complaint], warnings: [] });
  });

  it("warns of groups that nobody is in, where they stand, and makes no store to know that", async () => {
    using home = new Home();
    const file = home.path("gateway.toml");
    const http = '[[listener]]\nlisten = ":8443"\nto = "http://127.0.0.1:3000"\nmode = "http"\n';
    const path = '[[listener.path]]\npath = "/a"\nallow = ["group:Lab", "group:ops"]\n';
    writeFileSync(file, `${http}allow = [\n  "group:lab",\n  "group:dba",\n]\n${path}`);
    const early = await runHere(home, ["check-config", file]);
    assert.deepEqual([early.code, early.stderr, existsSync(home.store)], [0, "", false]);
    writeFileSync(home.path("ada.pem"), ada.cert);
    assert.equal((await runHere(home, ["trust", "add", home.path("ada.pem")])).code, 0);
    assert.equal((await runHere(home, ["group", "add", "lab", "ada"])).code, 0);
    const { code, stdout, stderr } = await runHere(home, ["check-config", file]);
    assert.deepEqual([code, stdout], [0, `${file}: 1 listener, 2 warnings\n`]);
    assert.match(stderr, /gateway\.toml:8:1: warning: nobody is in the group "dba"/);
    assert.match(stderr, /gateway\.toml:11:1: warning: nobody is in the group "ops"/);
    assert.equal(stderr.trim().split("\n").length, 2);
    const { warnings } = JSON.parse((await runHere(home, ["check-config", file, "--json"])).stdout) as {
      readonly warnings: readonly { readonly line: number }[];
    };
    assert.deepEqual(
      warnings.map(({ line }) => line),
      [8, 11],
    );
  });

  it("is as strict about what flags say", async () => {
    using home = new Home();
    for (const [flags, said] of [
      [["--to", `unix:/run/${"a".repeat(110)}`], /the path of a Unix socket/],
      [["--to", "127.0.0.1:1", "--allow", "anna,groop:dba"], /did you mean group:dba/],
      [["--to", "127.0.0.1:70000"], /port of .* is too large/],
    ] as const) {
      const { code, stderr } = await runHere(home, ["gateway", ...flags]);
      assert.equal(code, 2);
      assert.match(stderr, said);
    }
  });

  it("looks at the certificates that a file names, and at paths that may be read in two ways", async () => {
    using home = new Home();
    const file = home.path("gateway.toml");
    const [one, other] = await Promise.all([identity("one"), identity("other")]);
    writeFileSync(home.path("server.crt"), one.cert);
    writeFileSync(home.path("server.key"), other.key);
    const http = '[[listener]]\nlisten = ":8443"\nto = "http://127.0.0.1:3000"\nmode = "http"\n';
    writeFileSync(file, `${http}cert = "server.crt"\nkey = "server.key"\n`);
    const mismatch = await runHere(home, ["check-config", file]);
    assert.equal(mismatch.code, 1);
    assert.match(mismatch.stderr, /server\.key/);
    writeFileSync(file, `${http}[[listener.path]]\npath = "/a%2fb"\nallow = []\n`);
    assert.match((await runHere(home, ["check-config", file])).stderr, /gateway\.toml:6:1/);
  });
});

describe("group", () => {
  it("adds peers, lists them and removes them", async () => {
    using home = new Home();
    writeFileSync(home.path("ada.pem"), ada.cert);
    assert.equal((await runHere(home, ["trust", "add", home.path("ada.pem")])).code, 0);
    assert.match((await runHere(home, ["group", "add", "lab", "ada"])).stdout, /^added {2}ada {2}lab$/m);
    const [row] = JSON.parse((await runHere(home, ["group", "list", "--json"])).stdout) as readonly object[];
    assert.deepEqual({ ...row, addedAt: null }, { group: "lab", peer: "ada", addedAt: null });
    assert.match((await runHere(home, ["group", "list"])).stdout, /^lab {4}ada {3}\d{4}-/m);
    assert.equal((await runHere(home, ["group", "remove", "lab", "ada"])).code, 0);
    const again = await runHere(home, ["group", "remove", "lab", "ada"]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /is not in the group/);
  });
});

describe("serve --accept-proxy", () => {
  it("takes a client's address from the header of a proxy", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--accept-proxy", "127.0.0.1"]);
    const client = await connectWithHeader(server.port, headerV2("198.51.100.7", 1), ada);
    assert.equal(await exchange(client, "World\n"), "Hello, World");
    const met = await server.logged(({ event }) => event === "met");
    assert.equal(met["address"], "198.51.100.7");
    await assert.rejects(openClient(server.port, ada));
    await server.logged(({ event }) => event === "proxy-header-refused");
  });
});
