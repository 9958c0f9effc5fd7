import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { parseConfig } from "../../src/gateway/config/parse-config.ts";
import type { GatewayConfig } from "../../src/gateway/config/config.ts";
import { StoreUrl } from "../../src/trust/port/store-url.ts";
import { closed } from "../guard/support/closed.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { anna, clientOptions, connectRaw, exchangeRaw, finish, openSession } from "./support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "./support/http-upstream.ts";
import { connectWithHeader } from "./support/proxy-header.ts";
import { type GatewayScene, openGateway } from "./support/scene.ts";
import { received } from "./support/upstream.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const bob = await identity("bob");

/** Answers with what it heard, but for `/feed`, which it only begins; echoes over WebSockets. */
function openMirror(): Promise<Upstream> {
  return openHttpUpstream(
    ({ url = "", rawHeaders }, response) => {
      if (url.includes("feed")) response.write("begun");
      else response.end(JSON.stringify({ url, rawHeaders }));
    },
    (server) => {
      new WebSocketServer({ server }).on("connection", (socket) => socket.send("begun"));
    },
  );
}

/** A configuration as a file has it: a listener in mode http, with what else it says. */
function configured(upstream: Upstream, more: string): GatewayConfig {
  const text = `
    [[listener]]
    name = "main"
    listen = "127.0.0.1:0"
    mode = "http"
    to = "http://127.0.0.1:${upstream.port}"
    ${more}`;
  return parseConfig(text, { file: "gateway.toml", folder: "/", store: StoreUrl.memory });
}

/** Rules for paths, as lists of who may have them. */
function paths(rules: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(rules)
    .map(([path, allow]) => `[[listener.path]]\npath = "${path}"\nallow = ${JSON.stringify(allow)}\n`)
    .join("");
}

const HEALTH = { "/health": ["anyone"] };

/** A gateway that trusts anna and bob. */
async function open(upstream: Upstream, more: string): Promise<GatewayScene> {
  const scene = await openGateway(configured(upstream, more));
  await scene.operator.import(anna.facts, { name: "anna" });
  await scene.operator.import(bob.facts, { name: "bob" });
  return scene;
}

/** The status of one request over HTTP/1.1; 0 for a connection that was refused. */
async function ask(port: number, target: string, who: TestIdentity | "nobody"): Promise<number> {
  const request = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  return Number((await exchangeRaw(port, request, who)).split(" ")[1] ?? 0);
}

async function statuses(
  port: number,
  targets: readonly string[],
  who: TestIdentity | "nobody",
): Promise<readonly number[]> {
  const all: number[] = [];
  for (const target of targets) all.push(await ask(port, target, who));
  return all;
}

describe("a path that anyone may have", { timeout: FILE_PATIENCE_MS }, () => {
  it("is all that a stranger reaches, by either version of HTTP, between requests that are denied", async () => {
    await using upstream = await openMirror();
    await using scene = await open(upstream, paths(HEALTH));
    const targets = ["/health", "/health/db?x=/y", "/", "/healthz", "/other", "/health"];
    const expected = [200, 200, 403, 403, 403, 200];
    assert.deepEqual(await statuses(scene.port, targets, "nobody"), expected);
    const raw = await connectRaw(scene.port, "nobody");
    let answers = "";
    raw.setEncoding("latin1").on("data", (text: string) => (answers += text));
    for (const target of ["/health", "/other", "/health/db"])
      raw.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    raw.write("GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await closed(raw);
    assert.deepEqual(answers.match(/(?<=HTTP\/1\.1 )\d+/g), ["200", "403", "200", "403"]);
    await using session = openSession(scene.port, "nobody");
    const streams = await Promise.all(targets.map((path) => finish(session.request({ ":path": path }))));
    assert.deepEqual(
      streams.map(({ status }) => status),
      expected,
    );
  });

  it("says nothing of a peer to the upstream when a stranger asks, and who it is when a peer does", async () => {
    await using upstream = await openMirror();
    await using scene = await open(upstream, paths(HEALTH));
    const forged =
      "Handclasp-Peer: anna\r\nhandclasp_key: x\r\nClient-Cert: :AAAA:\r\nX-Forwarded-For: 10.0.0.1\r\n";
    const request = `GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${forged}\r\n`;
    const told = await exchangeRaw(scene.port, request, "nobody");
    assert.match(told, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(told, /handclasp|client-cert|10\.0\.0\.1/i);
    assert.match(await exchangeRaw(scene.port, request, anna), /"Handclasp-Peer","anna"/);
  });

  it("is for peers that the listener's list leaves out, too, and they get 403 for all else", async () => {
    await using upstream = await openMirror();
    await using scene = await open(upstream, `allow = ["anna"]\n${paths(HEALTH)}`);
    const targets = ["/health", "/", "/x"];
    assert.deepEqual(await statuses(scene.port, targets, anna), [200, 200, 200]);
    assert.deepEqual(await statuses(scene.port, targets, bob), [200, 403, 403]);
    assert.deepEqual(await statuses(scene.port, targets, "nobody"), [200, 403, 403]);
  });

  it("leaves other rules as they are: the listener's list and theirs", async () => {
    await using upstream = await openMirror();
    const rules = { ...HEALTH, "/health/admin": ["anna", "bob"], "/api": ["any-peer"] };
    await using scene = await open(upstream, `allow = ["anna"]\n${paths(rules)}`);
    const targets = ["/health", "/health/admin", "/health/admin/x", "/api"];
    assert.deepEqual(await statuses(scene.port, targets, anna), [200, 200, 200, 200]);
    assert.deepEqual(await statuses(scene.port, targets, bob), [200, 403, 403, 403]);
    assert.deepEqual(await statuses(scene.port, targets, "nobody"), [200, 403, 403, 403]);
  });

  it("may be all of them but some, and OPTIONS * then", async () => {
    await using upstream = await openMirror();
    const all = { "/": ["anyone"], "/admin": ["anna"] };
    await using scene = await open(upstream, paths(all));
    assert.deepEqual(await statuses(scene.port, ["/", "/x", "/admin"], "nobody"), [200, 200, 403]);
    const options = "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert.match(await exchangeRaw(scene.port, options, "nobody"), /^HTTP\/1\.1 200 /);
    await scene.gateway.reload(configured(upstream, paths(HEALTH)));
    assert.match(await exchangeRaw(scene.port, options, "nobody"), /^HTTP\/1\.1 403 /);
  });

  it("is reached by no spelling that a server could read as another path", async () => {
    await using upstream = await openMirror();
    await using scene = await open(upstream, paths({ ...HEALTH, "/admin": ["anna"] }));
    for (const target of [
      "/health/../admin",
      "/health/..",
      "/health/%2e%2e/admin",
      "/health%2f..%2fadmin",
      "/health/..%2fadmin",
      "/health/..;/admin",
      "/health/..\\admin",
      "/health/..%5cadmin",
      "//health/admin",
      "//health",
      "/x/../health",
      "/./health",
      "/%68ealth",
      "/%2568ealth",
      "/HEALTH",
      "/Health",
      "/health;x",
      "/health.",
      "/health%20",
      "/health%3fx",
      "/health%23",
      "/health%2f",
      "/health%5c",
      "/health\\x",
      "/%09health",
      "/admin/../health",
      "http://localhost/admin",
      "http:///health",
      "*",
    ]) {
      const status = await ask(scene.port, target, "nobody");
      assert.ok(status === 403 || status === 400, `${target} is answered with ${status}`);
    }
    assert.equal(await ask(scene.port, "http://localhost/health", "nobody"), 200);
  });
});

describe("what a stranger hides behind a request for an open path", { timeout: FILE_PATIENCE_MS }, () => {
  it("reaches no other path: not behind a body that ends in two places, nor as another target or method", async () => {
    const urls: string[] = [];
    await using upstream = await openHttpUpstream((request, response) => {
      urls.push(String(request.url));
      request.resume().on("end", () => response.end("ok"));
    });
    await using scene = await open(upstream, paths({ ...HEALTH, "/admin": ["anna"] }));
    const hidden = "GET /admin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const chunked = `0\r\n\r\n${hidden}`;
    const beginning = "POST /health HTTP/1.1\r\nHost: localhost\r\n";
    for (const bytes of [
      `${beginning}Content-Length: ${chunked.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      `${beginning}Transfer-Encoding: chunked\r\n\r\n${chunked}`,
      `${beginning}Transfer-Encoding: identity, chunked\r\n\r\n${chunked}`,
      `${beginning}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      `${beginning}Content-Length: +0\r\n\r\n${hidden}`,
      `${beginning}Content-Length: 0\r\n\r\n${hidden}`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n${hidden}`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\tGET /admin HTTP/1.1\r\n\r\n${hidden}`,
      `GET /health\r\nHost: localhost\r\n\r\n${hidden}`,
      `GET /health /admin HTTP/1.1\r\nHost: localhost\r\n\r\n${hidden}`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX-Original-URL: /admin\r\nX-Rewrite-URL: /admin\r\n\r\n${hidden}`,
      `CONNECT /health HTTP/1.1\r\nHost: localhost\r\n\r\n${hidden}`,
      `TRACE /health HTTP/1.1\r\nHost: localhost\r\n\r\n${hidden}`,
      `OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n${hidden}`,
    ]) {
      await exchangeRaw(scene.port, bytes, "nobody");
      assert.deepEqual(
        urls.filter((url) => url !== "/health"),
        [],
        bytes,
      );
    }
    assert.ok(urls.length > 0);
  });
});

describe("a client that shows a certificate where a path is open", { timeout: FILE_PATIENCE_MS }, () => {
  it("meets what it would elsewhere, and is no stranger: pending, revoked, new and not in the list", async () => {
    await using upstream = await openMirror();
    const [mallory, late] = [await identity("mallory"), await identity("late")];
    await using scene = await open(upstream, `first_use = "ask"\non_pending = "page"\n${paths(HEALTH)}`);
    const { port } = scene;
    await scene.operator.revoke("bob");
    assert.equal((await connectOnce({ port, identity: bob })).alert, 44);
    assert.match(
      await exchangeRaw(port, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n", mallory),
      /403 [^]*Waiting/,
    );
    assert.equal(await ask(port, "/health", "nobody"), 200);
    const accepts = `first_use = "accept"\nallow = ["anna"]\n${paths(HEALTH)}`;
    await scene.gateway.reload(configured(upstream, accepts));
    assert.equal((await connectOnce({ port, identity: late })).alert, 49);
    assert.equal(scene.store.key(late.facts.pin), undefined);
    assert.deepEqual(await statuses(port, ["/health", "/"], anna), [200, 200]);
  });
});

describe("a path that a network may have", { timeout: FILE_PATIENCE_MS }, () => {
  it("is for whoever a proxy says comes from there, with a certificate or without", async () => {
    await using upstream = await openMirror();
    const rules = paths({ "/lan": ["network:192.0.2.0/24", "network:2001:db8::/32", "bob"] });
    await using scene = await open(upstream, `accept_proxy = ["127.0.0.0/8"]\n${rules}`);
    const from = async (header: string, who: TestIdentity | "nobody", target = "/lan"): Promise<number> => {
      const client = await connectWithHeader(scene.port, header, who === "nobody" ? undefined : who);
      client.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      return Number(String(await received(client)).split(" ")[1]);
    };
    const [lan, lan6] = [
      "PROXY TCP4 192.0.2.7 203.0.113.9 1 2\r\n",
      "PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n",
    ];
    const mapped = "PROXY TCP6 ::ffff:192.0.2.7 ::ffff:203.0.113.9 1 2\r\n";
    const elsewhere = "PROXY TCP4 198.51.100.7 203.0.113.9 1 2\r\n";
    for (const header of [lan, lan6, mapped]) {
      assert.equal(await from(header, "nobody"), 200, header);
      assert.equal(await from(header, anna), 200, header);
      assert.equal(await from(header, "nobody", "/"), 403, header);
      assert.equal(await from(header, anna, "/"), 200, header);
    }
    assert.equal(await from(elsewhere, "nobody"), 403);
    assert.equal(await from(elsewhere, anna), 403);
    assert.equal(await from(elsewhere, bob), 200);
  });

  it("is for nobody of whom the proxy does not say where they come from, though it comes from there itself", async () => {
    await using upstream = await openMirror();
    const rules = paths({ "/lan": ["network:127.0.0.0/8"] });
    await using scene = await open(upstream, `accept_proxy = ["127.0.0.0/8"]\n${rules}`);
    const client = await connectWithHeader(scene.port, "PROXY UNKNOWN\r\n", undefined);
    client.write("GET /lan HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.match(String(await received(client)), /^HTTP\/1\.1 403 /);
  });
});

describe("what runs for a stranger", { timeout: FILE_PATIENCE_MS }, () => {
  it("ends when another configuration does not let it have that any more", async () => {
    await using upstream = await openMirror();
    await using scene = await open(upstream, paths({ "/feed": ["anyone"], "/health": ["anyone"] }));
    const raw = await connectRaw(scene.port, "nobody");
    raw.write("GET /feed HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(raw, "data");
    const session = openSession(scene.port, "nobody");
    const stream = session.request({ ":path": "/feed" });
    stream.on("error", () => undefined);
    await once(stream, "data");
    const socket = new WebSocket(`wss://localhost:${scene.port}/feed`, {
      ...(clientOptions("nobody") as object),
    });
    socket.on("error", () => undefined);
    await once(socket, "message");
    const ends = [closed(raw), closed(stream), once(socket, "close")];
    const idle = await connectRaw(scene.port, "nobody");
    // The session may end with its stream.
    const lastEnds = [closed(idle), closed(session)];
    await scene.gateway.reload(configured(upstream, paths(HEALTH)));
    await Promise.all(ends);
    assert.equal(await ask(scene.port, "/health", "nobody"), 200);
    await scene.gateway.reload(configured(upstream, ""));
    await Promise.all(lastEnds);
    const { alert } = await connectOnce({ port: scene.port });
    assert.equal(alert, 116);
  });
});
