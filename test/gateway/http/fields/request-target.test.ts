import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exchangeRaw, finish, openHttpScene, openSession } from "../../support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "../../support/http-upstream.ts";

function openEcho(): Promise<Upstream> {
  return openHttpUpstream((request, response) => response.end(`${request.headers.host} ${request.url}`));
}

const SERVER_NAMES = { serverNames: ["app.test", "*.apps.test", "::1"] };

async function statusAndBody(port: number, request: string): Promise<string> {
  const answer = await exchangeRaw(port, request);
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return `${head.split(" ")[1]} ${body.replaceAll(/^\w+\r\n|\r\n0$/g, "").trim()}`;
}

function get(target: string, ...hosts: readonly string[]): string {
  const lines = hosts.map((host) => `Host: ${host}\r\n`).join("");
  return `GET ${target} HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`;
}

describe("a request for a name of the listener", () => {
  it("goes on, however the name is written", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port, config: SERVER_NAMES });
    for (const host of [
      "app.test",
      "APP.test",
      "app.test.",
      "app.test:8443",
      "x.apps.test",
      "[::1]:1",
      "[0:0::1]",
    ]) {
      assert.match(await exchangeRaw(scene.port, get("/a", host)), /^HTTP\/1\.1 200 /, host);
    }
  });

  it("is refused with 421 for any other name", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port, config: SERVER_NAMES });
    for (const host of [
      "other.test",
      "xapp.test",
      "apps.test",
      "a.b.apps.test",
      "app.test.evil",
      "127.0.0.1",
      "[::2]",
    ]) {
      assert.match(
        await exchangeRaw(scene.port, get("/a", host)),
        /^HTTP\/1\.1 421 Misdirected Request/,
        host,
      );
    }
    assert.equal(upstream.connections.length, 0);
  });

  it("is judged by its own authority on each stream of an HTTP/2 connection", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port, config: SERVER_NAMES });
    await using session = openSession(scene.port);
    const ask = async (authority: string): Promise<number | undefined> =>
      (await finish(session.request({ ":path": "/", ":authority": authority }))).status;
    assert.equal(await ask("app.test"), 200);
    assert.equal(await ask("other.test"), 421);
    assert.equal(await ask("APP.TEST:443"), 200);
  });

  it("is judged by an absolute target rather than by Host, which is replaced", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port, config: SERVER_NAMES });
    assert.match(await statusAndBody(scene.port, get("https://other.test/", "app.test")), /^421/);
    assert.match(
      await statusAndBody(scene.port, get("https://app.test/x?y", "other.test")),
      /^200 .*app\.test \/x\?y/s,
    );
    assert.match(await statusAndBody(scene.port, get("http://app.test", "app.test")), /^200 .*app\.test \//s);
    assert.match(
      await statusAndBody(scene.port, get("http://app.test?q", "app.test")),
      /^200 .*app\.test \/\?q/s,
    );
    assert.match(await statusAndBody(scene.port, get("ftp://app.test/", "app.test")), /^400/);
    assert.match(await statusAndBody(scene.port, get("https://u@app.test/", "app.test")), /^400/);
  });

  it("is refused with 400 without a Host, with two, and with one that is none", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port });
    for (const hosts of [
      [],
      ["a", "a"],
      ["a", "b"],
      ["a b"],
      ["a/b"],
      ["u@a"],
      ["a:b"],
      ["a,b"],
      [""],
      ["[::1"],
    ]) {
      assert.match(await exchangeRaw(scene.port, get("/", ...hosts)), /^HTTP\/1\.1 400 /, hosts.join("|"));
    }
    assert.equal(upstream.connections.length, 0);
  });

  it("is refused with 400 over HTTP/2 when Host and authority differ, or neither is there", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const ask = async (headers: Record<string, string>): Promise<number | undefined> =>
      (await finish(session.request({ ":path": "/", ...headers }))).status;
    assert.equal(await ask({ ":authority": "a", host: "b" }), 400);
    assert.equal(await ask({ ":authority": "a", host: "a" }), 200);
    assert.equal(await ask({ ":authority": "a", ":scheme": "gopher" }), 400);
    assert.equal(await ask({ ":authority": "a:b" }), 400);
    assert.equal(await ask({ ":authority": "a b" }), undefined, "Node resets the stream");
  });
});

describe("a request's target", () => {
  it("may be * for OPTIONS alone", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port });
    const options = "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert.match(await statusAndBody(scene.port, options), /^200 .*a \*/s);
    const absolute = "OPTIONS http://a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert.match(await statusAndBody(scene.port, absolute), /^200 .*a \*/s);
    assert.match(await statusAndBody(scene.port, get("*", "a")), /^400/);
  });

  it("is refused with 414 when it is longer than 8 KiB, and with 431 for fields of more than 32, or more than 128 of them", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port });
    assert.match(
      await exchangeRaw(scene.port, get(`/${"a".repeat(8192)}`, "a")),
      /^HTTP\/1\.1 414 URI Too Long/,
    );
    assert.match(
      await exchangeRaw(
        scene.port,
        get("/", "a").replace("\r\n\r\n", `\r\nX: ${"a".repeat(40_000)}\r\n\r\n`),
      ),
      /^HTTP\/1\.1 431 /,
    );
    const many = Array.from({ length: 200 }, (_, at) => `\r\nX-${at}: 1`).join("");
    const request = get("/", "a").replace("\r\n\r\n", `${many}\r\n\r\n`);
    assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 431 /);
    assert.equal(upstream.connections.length, 0);
  });

  it("reaches the upstream as it was spelled when there are no rules", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port });
    assert.match(
      await statusAndBody(scene.port, get("//a/../%2f;x\\?q=%00", "a")),
      /^200 .*a \/\/a\/\.\.\/%2f;x\\\?q=%00/s,
    );
  });
});

describe("methods that are not passed on", () => {
  it("are CONNECT and TRACE", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port });
    const trace = "TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const connect = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
    assert.match(await exchangeRaw(scene.port, trace), /^HTTP\/1\.1 405 /);
    assert.match(await exchangeRaw(scene.port, connect), /^HTTP\/1\.1 405 /);
    await using session = openSession(scene.port);
    const stream = session.request({ ":method": "CONNECT", ":authority": "a:1" });
    assert.equal((await finish(stream)).status, 405);
    assert.equal(upstream.connections.length, 0);
  });
});

describe("path rules of a listener", () => {
  const paths = [
    { path: "/admin", allow: ["bob"] },
    { path: "/team", allow: ["anna"] },
  ];

  it("refuse with 403 who is not allowed, before the upstream hears of it", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port, config: { paths } });
    for (const path of [
      "/admin",
      "//admin/x",
      "/%61dmin",
      "/team/.%2e/admin",
      "/team/../admin",
      "/admin;x",
      "/..%2fadmin",
      "/Admin",
    ]) {
      assert.match(await statusAndBody(scene.port, get(path, "a")), /^403/, path);
    }
    assert.match(await statusAndBody(scene.port, get("/..%2fadmin%00", "a")), /^400/);
    assert.equal(upstream.connections.length, 0);
    for (const path of ["/team/%61?b", "/x/..//team/%61?b", "/@scope%2fpkg", "/proxy/http://x"]) {
      const answer = await statusAndBody(scene.port, get(path, "a"));
      assert.match(answer, /^200 /);
      assert.ok(answer.includes(`a ${path}`), `${path} goes on as it came`);
    }
    assert.match(await statusAndBody(scene.port, get("/else", "a")), /^200/);
  });

  it("refuse anonymous clients wherever there is a rule", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({
      to: upstream.port,
      config: { paths },
      guard: { clientCertificate: "optional" },
    });
    assert.match(await exchangeRaw(scene.port, get("/team", "a"), "nobody"), /^HTTP\/1\.1 403/);
    assert.match(await exchangeRaw(scene.port, get("/else", "a"), "nobody"), /^HTTP\/1\.1 200/);
  });
});
