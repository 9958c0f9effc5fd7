import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import express from "express";
import { connectWithHeader } from "./support/proxy-header.ts";
import { anna, exchangeRaw, finish, openHttpScene, openSession } from "./support/http-scene.ts";
import { configOf, listenerTo, openGateway } from "./support/scene.ts";
import { received } from "./support/upstream.ts";

/** Express as its pages say to set it up behind one proxy. */
async function openApp(
  at: number | string,
  trustProxy: unknown,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const app = express();
  app.set("trust proxy", trustProxy);
  app.get("/", (request, response) => {
    const { ip, ips, protocol, secure, hostname, headers } = request;
    const groups = headers["handclasp-groups"];
    // What express-session asks before it sets a cookie with `secure`.
    if (secure) response.cookie("sid", "1", { secure: true });
    response.json({ ip, ips, protocol, secure, hostname, peer: headers["handclasp-peer"], groups });
  });
  const server = http.createServer(app);
  if (typeof at === "string") server.listen(at);
  else server.listen(at, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      const over = once(server, "close");
      server.close();
      server.closeAllConnections();
      await over;
    },
  };
}

const ASK = "GET / HTTP/1.1\r\nHost: app.example:8443\r\nConnection: close\r\n";
const FORGED = [
  "X-Forwarded-For: 203.0.113.66",
  "X-Forwarded-Proto: http",
  "X-Forwarded-Host: evil.example",
  "Forwarded: for=203.0.113.66;proto=http",
  "X_Forwarded_For: 203.0.113.66",
  "",
].join("\r\n");

function bodyOf(answer: string): unknown {
  return JSON.parse(/\r\n\r\n(.*)$/s.exec(answer)?.[1] ?? "");
}

describe("an Express application behind the gateway", () => {
  it("knows where a client is, that it came by TLS and what it asked for, and nothing that the client made up", async () => {
    await using app = await openApp(0, "loopback");
    await using scene = await openHttpScene({ to: app.port });
    for (const forged of ["", FORGED]) {
      const answer = await exchangeRaw(scene.port, `${ASK}${forged}\r\n`);
      assert.deepEqual(bodyOf(answer), {
        ip: "127.0.0.1",
        ips: ["127.0.0.1"],
        protocol: "https",
        secure: true,
        hostname: "app.example",
        peer: "anna",
        groups: "",
      });
      assert.match(answer, /^set-cookie: sid=1; Path=\/; Secure/im);
    }
  });

  it("knows a client behind a load balancer by the address that this one says", async () => {
    await using app = await openApp(0, "loopback");
    const address = { host: "127.0.0.1", port: app.port };
    const to = { kind: "tcp", address, protocol: "http" } as const;
    await using scene = await openGateway(
      configOf([listenerTo(to, { mode: "http", acceptProxy: ["127.0.0.0/8"] })]),
    );
    for (const client of ["192.0.2.7", "2001:db8::7"]) {
      const header = `PROXY ${client.includes(":") ? "TCP6" : "TCP4"} ${client} ${client.includes(":") ? "2001:db8::9" : "203.0.113.9"} 1 2\r\n`;
      const socket = await connectWithHeader(scene.port, header, anna);
      socket.write(`${ASK}${FORGED}\r\n`);
      const told = bodyOf(String(await received(socket))) as Record<string, unknown>;
      assert.deepEqual([told["ip"], told["ips"]], [client, [client]]);
    }
  });

  it("is told the same on a Unix socket, where it trusts one proxy by count", async () => {
    const folder = await mkdtemp(join(tmpdir(), "handclasp-express-"));
    const path = join(folder, "app.sock");
    {
      await using _ = await openApp(path, 1);
      await using scene = await openHttpScene({
        to: 0,
        config: { to: { kind: "unix", path, protocol: "http" } },
      });
      await using session = openSession(scene.port);
      const stream = session.request({
        ":path": "/",
        ":authority": "app.example",
        "x-forwarded-for": "evil",
      });
      const told = JSON.parse((await finish(stream)).body) as Record<string, unknown>;
      assert.deepEqual(
        [told["ip"], told["protocol"], told["hostname"], told["secure"]],
        ["127.0.0.1", "https", "app.example", true],
      );
    }
    await rm(folder, { recursive: true });
  });

  it("has nothing of it that it would not have by itself, where no form is configured", async () => {
    await using app = await openApp(0, "loopback");
    await using scene = await openHttpScene({ to: app.port, config: { forwarded: [] } });
    const answer = await exchangeRaw(scene.port, `${ASK}${FORGED}\r\n`);
    const told = bodyOf(answer) as Record<string, unknown>;
    assert.deepEqual([told["ip"], told["protocol"], told["hostname"]], ["127.0.0.1", "http", "app.example"]);
    assert.doesNotMatch(answer, /set-cookie/i);
  });
});
