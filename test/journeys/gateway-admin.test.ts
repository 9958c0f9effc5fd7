import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import { describe, it } from "node:test";
import { openUpstream } from "../gateway/support/upstream.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { runHere } from "../cli/support/run-here.ts";
import { Home, type RunningServer, startServer } from "../cli/support/serve.ts";
import { openHomeStore } from "../cli/support/trust.ts";

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Of the server's certificate. */
  readonly subject: string;
}

function ask(port: number, path: string, who?: TestIdentity): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sending = request(
    {
      host: "127.0.0.1",
      port,
      path,
      agent: false,
      rejectUnauthorized: false,
      ...(who && { key: who.key, cert: who.cert }),
    },
    (response) => {
      const pieces: Buffer[] = [];
      const subject = (response.socket as TLSSocket).getPeerCertificate().subject.CN;
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => {
        const text = Buffer.concat(pieces).toString("utf8");
        const isJson = response.headers["content-type"]?.includes("json") === true;
        const body = (isJson ? JSON.parse(text) : { text }) as Answer["body"];
        resolve({ status: response.statusCode ?? 0, body, subject: String(subject) });
      });
    },
  );
  sending.on("error", reject).end();
  return promise;
}

async function configure(home: Home, upstream: number, workers: number): Promise<string> {
  const own = await identity("gw.example");
  writeFileSync(home.path("admin.crt"), own.cert);
  writeFileSync(home.path("admin.key"), own.key);
  const file = home.path("gateway.toml");
  writeFileSync(
    file,
    [
      `workers = ${workers}`,
      "[admin]",
      'listen = "127.0.0.1:0"',
      'cert = "admin.crt"',
      'key = "admin.key"',
      "[[listener]]",
      'listen = "127.0.0.1:0"',
      `to = "127.0.0.1:${upstream}"`,
    ].join("\n"),
  );
  return file;
}

async function portOf(gateway: RunningServer): Promise<number> {
  return Number((await gateway.logged(({ event }) => event === "admin"))["port"]);
}

describe("a gateway with [admin]", () => {
  for (const workers of [1, 2]) {
    it(`serves the page to operators by their certificates, with ${workers === 1 ? "one process" : "several workers"}`, async () => {
      using home = new Home();
      await using upstream = await openUpstream();
      const file = await configure(home, upstream.port, workers);
      const anna = await identity("anna");
      const { store, operator } = openHomeStore(home);
      await operator.import(anna.facts);
      await store.close();
      await using gateway = await startServer(home, ["gateway", "--config", file]);
      const port = await portOf(gateway);
      const nobody = await ask(port, "/v1/session", anna);
      const { refusal, commands } = nobody.body as { refusal: { reason: string }; commands: string[] };
      assert.equal(refusal.reason, "not-an-operator");
      // The command that it names is what lets her in.
      const [command = ""] = commands;
      const { code, stderr } = await runHere(home, command.split(" ").slice(1));
      assert.equal(code, 0, stderr);
      const { body } = await ask(port, "/v1/session", anna);
      assert.equal((body["operator"] as { scope: string }).scope, "admin");
      assert.equal((await ask(port, "/v1/keys", anna)).status, 200);
      assert.match(String((await ask(port, "/peers")).body["text"]), /^<!doctype html>/i);
    });
  }

  it("shows another certificate after a reload, and says what only a restart changes", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const file = await configure(home, upstream.port, 1);
    await using gateway = await startServer(home, ["gateway", "--config", file]);
    const port = await portOf(gateway);
    assert.equal((await ask(port, "/")).subject, "gw.example");
    const next = await identity("next.example");
    writeFileSync(home.path("admin.crt"), next.cert);
    writeFileSync(home.path("admin.key"), next.key);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("[admin]", '[admin]\nhosts = ["other.example"]'));
    gateway.signal("SIGHUP");
    await gateway.logged(
      ({ event, message }) => event === "warning" && /restart changes admin/.test(String(message)),
    );
    assert.equal((await ask(port, "/")).subject, "next.example");
  });

  it("is known to check-config, with what is wrong with it", async () => {
    using home = new Home();
    const file = home.path("gateway.toml");
    const listener = '[[listener]]\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:1"\n';
    for (const [admin, complaint] of [
      ['listen = ":9443"', /hosts is needed/],
      ['listen = "127.0.0.1:9443"\ncert = "x.pem"', /cert and key belong together/],
      ['listen = "127.0.0.1:9443"\nhosts = ["http://gw"]', /no host/],
      ['listen = "127.0.0.1:9443"\nhost = ["gw"]', /no key "host"/],
      ["hosts = []", /listen is missing/],
    ] as const) {
      writeFileSync(file, `[admin]\n${admin}\n${listener}`);
      const { code, stderr } = await runHere(home, ["check-config", file]);
      assert.equal(code, 1, admin);
      assert.match(stderr, complaint);
    }
    writeFileSync(file, `[admin]\nlisten = ":9443"\nhosts = ["gw.example", "[::1]:443"]\n${listener}`);
    assert.equal((await runHere(home, ["check-config", file])).code, 0);
  });
});
