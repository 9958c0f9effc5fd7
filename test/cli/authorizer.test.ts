import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { type RequestOptions as TlsRequestOptions, request as overTls } from "node:https";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { Home, MAIN, type RunningServer, startServer, until } from "./support/serve.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

interface Answer {
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly peer: string | undefined;
}

async function ask(
  { request: open = request, ...where }: TlsRequestOptions & { readonly request?: typeof overTls },
  who: TestIdentity | undefined,
  fields: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const certificate = who && { "Client-Cert": `:${Buffer.from(who.facts.der).toString("base64")}:` };
  const asking = open({ agent: false, path: "/caddy", ...where, headers: { ...certificate, ...fields } });
  asking.end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  response.resume();
  const value = (name: string): string | undefined => response.headers[name]?.toString();
  return { status: response.statusCode, reason: value("handclasp-reason"), peer: value("handclasp-peer") };
}

function startAuthorizer(home: Home, ...args: readonly string[]): Promise<RunningServer> {
  return startServer(home, ["authorizer", "--listen", `unix:${home.path("a.sock")}`, ...args]);
}

describe("handclasp authorizer", () => {
  it("asks first, admits who is approved, refuses who is revoked on the same connection, and explains it", async () => {
    using home = new Home();
    await using server = await startAuthorizer(home);
    const socketPath = home.path("a.sock");
    assert.deepEqual(
      [server.ready["address"], server.ready["firstUse"], lstatSync(socketPath).mode & 0o777],
      [`unix:${socketPath}`, "ask", 0o660],
    );
    const anna = await identity("anna");
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const where = { socketPath, agent };
    const from = { "X-Forwarded-For": "192.0.2.7" };
    assert.deepEqual(await ask(where, anna, from), { status: 403, reason: "pending", peer: undefined });
    const refused = await server.logged(({ event }) => event === "refused");
    assert.deepEqual(
      [refused["listener"], refused["reason"], refused["address"], refused["alert"]],
      ["authorizer", "pending", "192.0.2.7", null],
    );
    const keyId = String(refused["keyId"]);
    assert.equal((await home.run(["trust", "approve", keyId, "--yes"])).code, 0);
    assert.deepEqual(await ask(where, anna, from), { status: 200, reason: undefined, peer: "anna" });
    assert.equal((await home.run(["trust", "revoke", keyId])).code, 0);
    assert.deepEqual(await ask(where, anna, from), { status: 403, reason: "revoked", peer: undefined });
    agent.destroy();
    await until(() => server.log.some(({ reason }) => reason === "revoked"));
    // Two refusals are written within 100 ms.
    await server.stop();
    const explained = await home.run(["explain", "LAST", "--json"]);
    const refusal = JSON.parse(explained.stdout) as Record<string, unknown>;
    assert.deepEqual(
      [refusal["reason"], refusal["listener"], refusal["alert"]],
      ["revoked", "authorizer", null],
    );
    assert.match(
      (await home.run(["explain", "LAST"])).stdout,
      /HTTP\s+status\s+403\s+to\s+the\s+proxy\s+that\s+asked/,
    );
    assert.match((await home.run(["refusals"])).stdout, /192\.0\.2\.7 \(authorizer\)/);
    assert.equal((await home.run(["trust", "connections"])).code, 0);
  });

  it("ends with 0 when it is told to, and takes its socket away", async () => {
    using home = new Home();
    const server = await startAuthorizer(home);
    assert.equal(await server.stop(), 0);
    assert.equal(lstatSync(home.path("a.sock"), { throwIfNoEntry: false }), undefined);
    assert.equal(server.log.at(-1)?.event, "stopping");
  });

  it("takes the place of one that was killed, and not of one that runs", async () => {
    using home = new Home();
    const killed = await startAuthorizer(home);
    await killed.stop("SIGKILL");
    await using server = await startAuthorizer(home);
    await assert.rejects(startAuthorizer(home), /another process listens there/);
    assert.equal((await ask({ socketPath: home.path("a.sock") }, undefined)).status, 401);
    assert.ok(server.pid > 0);
  });

  it("listens for this machine alone with a secret, and reads it again when it becomes another", async () => {
    using home = new Home();
    const file = home.path("secret");
    writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
    await using server = await startServer(home, [
      "authorizer",
      "--listen",
      "127.0.0.1:0",
      "--secret-file",
      file,
    ]);
    const where = { host: "127.0.0.1", port: server.port };
    assert.deepEqual(await ask(where, undefined), { status: 401, reason: undefined, peer: undefined });
    const reason = (secret: string) => async (): Promise<string | undefined> =>
      (await ask(where, undefined, { "Handclasp-Secret": secret })).reason;
    assert.equal(await reason(SECRET)(), "no-certificate");
    const next = SECRET.toUpperCase();
    writeFileSync(file, next);
    server.signal("SIGHUP");
    await server.logged(({ event }) => event === "reloaded");
    assert.equal(await reason(SECRET)(), undefined);
    assert.equal(await reason(next)(), "no-certificate");
  });

  it("goes on with the secret that it has while the file has none", async () => {
    using home = new Home();
    const file = home.path("secret");
    writeFileSync(file, SECRET, { mode: 0o600 });
    await using server = await startAuthorizer(home, "--secret-file", file);
    writeFileSync(file, "short");
    server.signal("SIGHUP");
    const failed = await server.logged(({ event }) => event === "error");
    assert.match(String(failed["message"]), /no secret of at least 16 characters/);
    const { reason } = await ask({ socketPath: home.path("a.sock") }, undefined, {
      "Handclasp-Secret": SECRET,
    });
    assert.equal(reason, "no-certificate");
  });

  it("is refused an address that others reach, and a secret that it has not", async () => {
    using home = new Home();
    const file = home.path("secret");
    writeFileSync(file, SECRET, { mode: 0o600 });
    for (const [args, said] of [
      [["--listen", "0.0.0.0:0", "--secret-file", file], /can be reached from elsewhere/],
      [["--listen", ":0", "--secret-file", file], /can be reached from elsewhere/],
      [["--listen", "127.0.0.1:0"], /--listen HOST:PORT needs --secret-file/],
      [[], /give --listen/],
      [["--listen", "unix:/tmp/a", "--socket-mode", "0666"], /everybody on this machine/],
    ] as const) {
      const { code, stderr } = await home.run(["authorizer", ...args]);
      assert.match(stderr, said);
      assert.notEqual(code, 0);
    }
  });

  it("has tokens made for the key of the proxy's certificate, once it is said where clients find it", async () => {
    using home = new Home();
    const proxy = await identity("proxy");
    writeFileSync(home.path("s.pem"), proxy.cert);
    await using server = await startAuthorizer(home, "--server-cert", home.path("s.pem"));
    const unsaid = await home.run(["token", "create", "otto"]);
    assert.match(unsaid.stderr, /not known where clients find the proxy.*\n.*--server HOST:PORT/s);
    const said = await home.run(["token", "create", "otto", "--server", "app.example:443", "--json"]);
    assert.equal((JSON.parse(said.stdout) as { serverPin?: string }).serverPin, proxy.facts.pin, said.stdout);
    assert.ok(server.pid > 0);
  });

  it("is reached from elsewhere by a gateway that lets the proxy in alone, by its key", async () => {
    using home = new Home();
    const [edge, anna] = [await identity("edge-proxy"), await identity("anna")];
    for (const { cert } of [edge, anna]) {
      writeFileSync(home.path("c.pem"), cert);
      assert.equal((await home.run(["trust", "add", home.path("c.pem")])).code, 0);
    }
    await using authorizer = await startAuthorizer(home);
    const to = String(authorizer.ready["address"]);
    await using gateway = await startServer(home, ["gateway", "--to", to, "--allow", "edge-proxy"]);
    const about = { port: gateway.port, rejectUnauthorized: false, request: overTls };
    assert.equal((await ask({ ...about, key: edge.key, cert: edge.cert }, anna)).peer, "anna");
    // She is trusted herself, and says that she is somebody else.
    await assert.rejects(ask({ ...about, key: anna.key, cert: anna.cert }, edge));
  });

  it("warns of dates that it does not look at", async () => {
    using home = new Home();
    await using server = await startAuthorizer(home, "--validity", "ignore");
    const warning = await server.logged(({ event }) => event === "warning");
    assert.match(String(warning["message"]), /--validity ignore lets in certificates that have expired/);
  });

  it("takes the Unix socket that a service manager has open, and leaves it there", async () => {
    using home = new Home();
    const path = home.path("passed.sock");
    const child = startPassed(home, path, ["--listen", `unix:${home.path("other.sock")}`]);
    try {
      await listening(child);
      assert.equal((await ask({ socketPath: path }, undefined)).reason, "no-certificate");
    } finally {
      child.kill("SIGTERM");
      assert.deepEqual(await once(child, "close"), [0, null]);
    }
    assert.ok(lstatSync(path).isSocket());
    assert.equal(lstatSync(home.path("other.sock"), { throwIfNoEntry: false }), undefined);
  });

  it("does not take a passed socket of TCP without a secret", async () => {
    using home = new Home();
    const child = startPassed(home, "1", ["--listen", `unix:${home.path("other.sock")}`]);
    let text = "";
    child.stderr?.on("data", (piece) => (text += String(piece)));
    await once(child, "close");
    assert.match(text, /needs a secret/);
  });
});

describe("a gateway with an authorizer", () => {
  for (const workers of [1, 2]) {
    it(`has it beside its listeners, counts what it does, and reads its files again, with ${workers} workers`, async () => {
      using home = new Home();
      const [anna, proxy, next] = [await identity("anna"), await identity("proxy"), await identity("next")];
      writeFileSync(home.path("s.pem"), proxy.cert);
      writeFileSync(
        home.path("g.toml"),
        `workers = ${workers}
[metrics]
listen = "127.0.0.1:0"
[authorizer]
listen = "unix:a.sock"
first_use = "accept"
server_cert = "s.pem"
[[listener]]
name = "tcp"
listen = "127.0.0.1:0"
to = "127.0.0.1:1"
`,
      );
      await using server = await startServer(home, ["gateway", "--config", home.path("g.toml")]);
      const socketPath = home.path("a.sock");
      const said = await server.logged(({ event }) => event === "authorizer");
      assert.equal(said["address"], `unix:${socketPath}`);
      assert.equal((await ask({ socketPath }, anna)).peer, "anna");
      assert.equal((await ask({ socketPath }, undefined)).status, 401);
      const met = await server.logged(({ event }) => event === "met");
      assert.equal(met["listener"], "authorizer");
      const metrics = await server.logged(({ event }) => event === "metrics");
      const answer = await fetch(`http://${String(metrics["address"])}/metrics`);
      const counted = await answer.text();
      for (const line of [
        /^handclasp_first_uses_total\{listener="authorizer"\} 1$/m,
        /^handclasp_refusals_total\{listener="authorizer",reason="no-certificate"\} 1$/m,
        /^handclasp_refusals_total\{listener="tcp",reason="no-certificate"\} 0$/m,
        /^handclasp_authorizer_seconds_count 1$/m,
      ]) {
        assert.match(counted, line);
      }
      const create = ["token", "create", "otto", "--server", "app.example:443", "--json"];
      assert.match(
        (await home.run(create)).stderr,
        new RegExp(`proxy ${proxy.facts.pin.replaceAll("+", "\\+")}`),
      );
      writeFileSync(home.path("s.pem"), next.cert);
      server.signal("SIGHUP");
      await server.logged(({ event }) => event === "reloaded");
      assert.match(
        (await home.run(create)).stderr,
        new RegExp(`proxy ${next.facts.pin.replaceAll("+", "\\+")}`),
      );
    });
  }
});

/** As systemd starts it. */
function startPassed(home: Home, sockets: string, args: readonly string[]): ChildProcess {
  const script = join(import.meta.dirname, "support/play-systemd.py");
  const command = [process.execPath, MAIN, "authorizer", "--json", ...args];
  const stdio = ["ignore", "ignore", "pipe"] as const;
  return spawn("python3", [script, "0", sockets, ...command], { env: home.environment, stdio: [...stdio] });
}

async function listening({ stderr }: ChildProcess): Promise<void> {
  if (stderr === null) throw new Error("its log is piped");
  for await (const line of createInterface({ input: stderr })) if (line.includes('"listening"')) return;
  throw new Error("it never listened");
}
