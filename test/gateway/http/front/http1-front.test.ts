import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exchangeRaw, type HttpScene, openHttpScene } from "../../support/http-scene.ts";
import { openHttpUpstream } from "../../support/http-upstream.ts";

const openUpstream = () =>
  openHttpUpstream((request, response) => response.end(`${request.method} for ${request.headers.host};`));

function malformed({ events }: HttpScene): number {
  return events.filter(({ type }) => type === "malformed-request").length;
}

describe("a request of HTTP/1.0", () => {
  it("may be without a Host: it is for the name that TLS was asked for", async () => {
    await using upstream = await openUpstream();
    for (const serverNames of [[], ["localhost"]]) {
      await using scene = await openHttpScene({ to: upstream.port, config: { serverNames } });
      assert.match(await exchangeRaw(scene.port, "GET / HTTP/1.0\r\n\r\n"), / 200 .*GET for localhost;$/s);
    }
    await using scene = await openHttpScene({ to: upstream.port, config: { serverNames: ["other"] } });
    assert.match(await exchangeRaw(scene.port, "GET / HTTP/1.0\r\n\r\n"), / 421 /);
  });

  it("may not have two", async () => {
    await using upstream = await openUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    assert.match(await exchangeRaw(scene.port, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), / 400 /);
    assert.equal(upstream.connections.length, 0);
  });
});

describe("a request of what is not HTTP/1", () => {
  for (const [line, status] of [
    ["GET / HTTP/0.9", /^HTTP\/1\.1 (?:400|505) /],
    ["GET / HTTP/2.0", /^HTTP\/1\.1 (?:400|505) /],
    ["SOURCE / ICE/1.0", /^HTTP\/1\.1 (?:400|501) /],
  ] as const) {
    it(`is not forwarded: ${line}`, async () => {
      await using upstream = await openUpstream();
      await using scene = await openHttpScene({ to: upstream.port });
      assert.match(await exchangeRaw(scene.port, `${line}\r\nHost: a\r\nConnection: close\r\n\r\n`), status);
      assert.equal(upstream.connections.length, 0);
    });
  }
});

describe("a method that Node's parser does not know", () => {
  it("is 501, and no malformed request", async () => {
    await using upstream = await openUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    for (const method of ["BREW", "GETX", "get", "M-X_Y"]) {
      const answer = await exchangeRaw(scene.port, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 501 .*Connection: close/s, method);
    }
    assert.equal(malformed(scene), 0);
    assert.match(await exchangeRaw(scene.port, "BR(EW / HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 400 /);
    assert.equal(malformed(scene), 1);
  });
});

describe("a Content-Length that no number can hold", () => {
  it("is 413, and not forwarded as another one", async () => {
    await using upstream = await openUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740993\r\n\r\nabc";
    assert.match(await exchangeRaw(scene.port, post), /^HTTP\/1\.1 413 /);
    assert.equal(upstream.connections.length, 0);
  });
});
