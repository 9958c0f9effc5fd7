import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import express from "express";
import { MAIN, runToEnd } from "../cli/support/serve.ts";
import { NGINX } from "../proxies/support/nginx.ts";
import { ProxyScene } from "../proxies/support/proxy-scene.ts";
import { missing } from "../proxies/support/proxy-under-test.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../support/patience.ts";

/** An application that takes nginx's word for who asks, and for where it is itself. */
function application(): express.Express {
  const app = express();
  app.set("trust proxy", "loopback");
  app.get("/", (request, response) => {
    const name = decodeURIComponent(request.get("Handclasp-Peer") ?? "nobody");
    const groups = (request.get("Handclasp-Groups") ?? "").split(",").map(decodeURIComponent);
    response
      .type("text")
      .send(`Hello, ${name} of ${groups.join(" and ")} at ${request.protocol}://${request.host}\n`);
  });
  app.post("/notes", express.text(), (request, response) =>
    response.status(201).send(`noted: ${request.body}`),
  );
  return app;
}

describe("curl through nginx to an application", { skip: missing(NGINX), timeout: FILE_PATIENCE_MS }, () => {
  let server: Server;
  let scene: ProxyScene;
  before(async () => {
    server = application().listen(0, "127.0.0.1");
    await once(server, "listening");
    scene = await ProxyScene.open(NGINX, (server.address() as AddressInfo).port);
  });
  after(async () => {
    await scene[Symbol.asyncDispose]();
    server.close();
  });

  const curl = async (path: string, ...args: readonly string[]): Promise<string> => {
    const place = [
      "--resolve",
      `app.example:${scene.port}:127.0.0.1`,
      "--cacert",
      scene.home.path("server.pem"),
    ];
    const out = ["-sS", "--max-time", String(PATIENCE_MS / 1000), "-w", "%{http_version} %{http_code}"];
    const url = `https://app.example:${scene.port}${path}`;
    const { stdout, stderr } = await runToEnd("curl", [...place, ...out, ...args, url]);
    return stdout + stderr;
  };

  it("has a client of OpenSSL's wait, work once it is approved, and end once it is revoked", async () => {
    const { home } = scene;
    const [cert, key] = [home.path("bert.pem"), home.path("bert.key")];
    const subject = [
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-subj",
      "/CN=bert",
    ];
    const made = await runToEnd("openssl", ["req", ...subject, "-keyout", key, "-out", cert]);
    assert.equal(made.code, 0, made.stderr);
    const own = ["--cert", cert, "--key", key];

    assert.equal(await curl("/"), "a client certificate is needed\n2 403");
    assert.equal(await curl("/", ...own), "access denied: an operator has to let this key in\n2 403");
    await scene.approve("bert");
    await scene.run("group", "add", "dba", "bert");
    await scene.run("group", "add", "b\u00fcro", "bert");
    const greeting = `Hello, bert of b\u00fcro and dba at https://app.example\n`;
    assert.equal(await curl("/", ...own), `${greeting}2 200`);
    assert.equal(await curl("/", ...own, "--http1.1"), `${greeting}1.1 200`);
    const note = ["-H", "Content-Type: text/plain", "--data-binary", "buy milk"];
    assert.equal(await curl("/notes", ...own, ...note), "noted: buy milk2 201");
    assert.match(await curl("/nothing", ...own), /Cannot GET \/nothing[^]*2 404$/);
    await scene.run("trust", "revoke", "bert", "--yes");
    assert.equal(await curl("/", ...own), "this key was revoked\n2 403");
  });

  it("has an identity of ours wait, and work once it is approved", async () => {
    const { home } = scene;
    await scene.run("identity", "create", "carl");
    const request = "GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n";
    const connect = async (): Promise<string> => {
      const place = [`127.0.0.1:${scene.port}`, "--servername", "app.example"];
      const verb = [MAIN, "connect", ...place, "--identity", "carl", "--no-summary"];
      const child = spawn(process.execPath, verb, { env: home.environment });
      // nginx gives up a request whose client says at once that it is at its end.
      child.stdin.on("error", () => undefined).write(request);
      child.stdout.once("data", () => child.stdin.end());
      return await text(child.stdout);
    };
    assert.match(await connect(), /^HTTP\/1\.1 403 [^]*access denied: an operator has to let this key in/);
    await scene.approve("carl");
    assert.match(await connect(), /^HTTP\/1\.1 200 [^]*Hello, carl of {2}at https:\/\/app\.example/);
  });
});
