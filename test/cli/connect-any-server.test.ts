import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { TLSSocket } from "node:tls";
import { runHere } from "./support/run-here.ts";
import { Home, startServe } from "./support/serve.ts";
import { unwrapped } from "./support/unwrapped.ts";
import { makeClient } from "./support/tls-clients.ts";
import { freePort } from "../support/free-port.ts";
import { reachable } from "../journeys/support/gateway.ts";

const POSTGRES = globSync("/usr/lib/postgresql/*/bin").at(-1);

interface ForeignServer extends AsyncDisposable {
  readonly address: string;
  readonly cert: string;
}

/** `openssl s_server` with a certificate for localhost, which asks for the client's. */
async function startOpenssl(home: Home): Promise<ForeignServer> {
  const [cert, key] = [home.path("server.crt"), home.path("server.key")];
  const made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert];
  execFileSync("openssl", [...made.split(" "), ...names], { stdio: "ignore" });
  const port = await freePort();
  const args = [
    "s_server",
    "-accept",
    `127.0.0.1:${port}`,
    "-cert",
    cert,
    "-key",
    key,
    "-verify",
    "1",
    "-www",
  ];
  const server = spawn("openssl", [...args, "-quiet"], { stdio: "ignore" });
  await reachable(port);
  return {
    address: `localhost:${port}`,
    cert,
    async [Symbol.asyncDispose]() {
      if (server.exitCode !== null) return;
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGKILL");
      await exited;
    },
  };
}

const GET = "GET / HTTP/1.0\r\n\r\n";

describe("connect to any server", () => {
  it("shows a certificate from files instead of an identity of ours", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const ada = await makeClient(home, "ada");
    const shown = await runHere(
      home,
      ["connect", server.address, "--cert", ada.cert, "--key", ada.key],
      "me\n",
    );
    assert.equal(shown.stdout, "Hello, me");
    assert.equal((await server.logged(({ event }) => event === "met"))["pin"], ada.pin);
    assert.ok(!existsSync(home.path("handclasp", "identities")), "no identity is made");
  });

  it("offers no help with identities of ours for a certificate from a file", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "ask"]);
    const ada = await makeClient(home, "ada");
    for (const verb of [["trace", "connect", "--format", "text", "--explain"], ["connect"]]) {
      const files = ["--cert", ada.cert, "--key", ada.key];
      const refused = await runHere(home, [...verb, server.address, ...files], "me\n");
      assert.match(unwrapped(refused.stdout + refused.stderr), /access_denied.*What helps/);
      assert.doesNotMatch(refused.stdout + refused.stderr, /handclasp identity/);
    }
  });

  it("lets a server in by a CA and its name, and remembers nothing then", async () => {
    using home = new Home();
    await using server = await startOpenssl(home);
    const good = await runHere(home, ["connect", server.address, "--ca", server.cert], GET);
    assert.match(good.stdout, /^HTTP\/1.0 200/);
    const misnamed = server.address.replace("localhost", "127.0.0.1");
    const other = await runHere(home, ["connect", misnamed, "--ca", server.cert], GET);
    assert.equal(other.code, 1);
    assert.match(other.stderr, /is for another name .*ERR_HANDCLASP_REFUSED/);
    const { cert: foreign } = await makeClient(home, "foreign");
    const unsigned = await runHere(home, ["connect", server.address, "--ca", foreign], GET);
    assert.match(unsigned.stderr, /does not pass with that CA: depth zero self signed cert/);
    assert.equal(unsigned.stdout, "");
    const pinned = await runHere(home, ["connect", server.address, "--verify-server", "refuse"], GET);
    assert.match(pinned.stderr, /is not a known server/);
  });

  it("writes nothing down with --no-remember, and judges by what is known all the same", async () => {
    using home = new Home();
    await using server = await startOpenssl(home);
    const known = home.path("handclasp", "known_servers.db");
    assert.equal((await runHere(home, ["connect", server.address, "--no-remember"], GET)).code, 0);
    assert.ok(!existsSync(known));
    assert.equal((await runHere(home, ["connect", server.address], GET)).code, 0);
    assert.equal((await runHere(home, ["connect", server.address, "--no-remember"], GET)).code, 0);
    const before = readFileSync(known);
    await using other = await startServe(home);
    const [, port = ""] = other.address.split(":");
    const stranger = ["connect", `localhost:${port}`, "--no-remember", "--verify-server", "refuse"];
    assert.match((await runHere(home, stranger, GET)).stderr, /is not a known server/);
    assert.deepEqual(readFileSync(known), before);
  });

  it("says which flags go together, and which file cannot be used", async () => {
    using home = new Home();
    const ada = await makeClient(home, "ada");
    const bob = await makeClient(home, "bob");
    const run = async (...flags: string[]): Promise<string> =>
      (await runHere(home, ["connect", "127.0.0.1:1", ...flags], "")).stderr;
    assert.match(await run("--cert", ada.cert), /--cert and --key go together/);
    assert.match(await run("--cert", ada.cert, "--key", ada.key, "--identity", "x"), /leave out --identity/);
    assert.match(await run("--cert", ada.cert, "--key", bob.key), /does not belong to the certificate/);
    assert.match(await run("--cert", ada.key, "--key", ada.key), /no certificate \(PEM\)/);
    assert.match(await run("--ca", home.path("none.pem")), /cannot read .*none\.pem/);
    assert.match(await run("--starttls", "gopher"), /Allowed choices are smtp, imap/);
  });

  for (const verb of [
    ["trace", "connect"],
    ["connect", "--summary"],
  ]) {
    it(`tells with ${verb.join(" ")} the whole handshake behind STARTTLS`, async () => {
      using home = new Home();
      await using server = await startSmtp(home);
      const told = await runHere(home, [...verb, server.address, "--starttls", "smtp", "--no-remember"], "");
      assert.equal(told.code, 0, told.stderr);
      assert.match(told.stdout + told.stderr, /FINISHED[\s\S]*FINISHED|agreed on +TLS 1\.3/);
    });
  }

  it(
    "reaches PostgreSQL behind its SSLRequest",
    { skip: POSTGRES === undefined ? "no PostgreSQL" : false },
    async () => {
      using home = new Home();
      await using server = await startPostgres(home);
      const traced = await runHere(
        home,
        ["trace", "connect", server.address, "--starttls", "postgres", "--no-remember"],
        "",
      );
      assert.equal(traced.code, 0, traced.stderr);
      assert.match(traced.stdout, /FINISHED|Finished/);
    },
  );
});

async function startSmtp(home: Home): Promise<ForeignServer> {
  const own = await makeClient(home, "mail.example");
  const pems = { cert: readFileSync(own.cert), key: readFileSync(own.key) };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write("220 mail.example\r\n");
    socket.once("data", () => {
      socket.write("250-mail.example\r\n250 STARTTLS\r\n");
      socket.once("data", () => {
        socket.write("220 go ahead\r\n");
        const tls = new TLSSocket(socket, { isServer: true, ...pems });
        tls.on("error", () => undefined);
        tls.pipe(tls);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    address: `127.0.0.1:${port}`,
    cert: own.cert,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function startPostgres(home: Home): Promise<ForeignServer> {
  const [data, cert, key] = [home.path("pg"), home.path("pg.crt"), home.path("pg.key")];
  const [uid, gid] = ["-u", "-g"].map((flag) =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })),
  );
  const made = "req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=localhost".split(" ");
  execFileSync("openssl", [...made, "-keyout", key, "-out", cert], { stdio: "ignore" });
  execFileSync("chown", [`${uid}:${gid}`, key, home.path("")]);
  const owner = { uid: uid ?? 0, gid: gid ?? 0, cwd: "/", stdio: "ignore" } as const;
  execFileSync(`${POSTGRES}/initdb`, ["-D", data, "-A", "trust", "-U", "postgres", "--no-sync"], owner);
  const port = await freePort();
  const settings = ["ssl=on", `ssl_cert_file=${cert}`, `ssl_key_file=${key}`, "listen_addresses=127.0.0.1"];
  const flags = [...settings, `port=${port}`, `unix_socket_directories=`, "fsync=off"].flatMap((one) => [
    "-c",
    one,
  ]);
  const server = spawn(`${POSTGRES}/postgres`, ["-D", data, ...flags], owner);
  await reachable(port);
  return {
    address: `127.0.0.1:${port}`,
    cert,
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGINT");
      await exited;
    },
  };
}
