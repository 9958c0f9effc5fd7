import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exchangeRaw, finish, openHttpScene, openSession } from "../support/http-scene.ts";
import { openHttpUpstream } from "../support/http-upstream.ts";

describe("a request over HTTP/1.1", () => {
  it("reaches the upstream and brings its answer back", async () => {
    await using upstream = await openHttpUpstream((request, response) => {
      response.writeHead(201, "Made", ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "X-Case", "Kept"]);
      response.end(`${request.method} ${request.url} ${request.rawHeaders.join("|")}`);
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const answer = await exchangeRaw(
      scene.port,
      "GET /a?b=c HTTP/1.1\r\nHost: app.test\r\nX-Mine: 1\r\nConnection: close\r\n\r\n",
    );
    assert.match(answer, /^HTTP\/1\.1 201 Made\r\n/);
    assert.match(answer, /Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Case: Kept\r\n/);
    assert.match(answer, /GET \/a\?b=c host\|app\.test/);
    assert.match(
      answer,
      /X-Mine\|1\|X-Forwarded-For\|127\.0\.0\.1\|X-Forwarded-Proto\|https\|X-Forwarded-Host\|app\.test\|Forwarded\|for=127\.0\.0\.1;proto=https;host=app\.test\|Client-Cert\|:/,
    );
    assert.match(answer, /Handclasp-Peer\|anna\|Handclasp-Key\|sha256:/);
  });
});

describe("a request over HTTP/2", () => {
  it("reaches the upstream and brings its answer back", async () => {
    await using upstream = await openHttpUpstream(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      response.end(`${request.method} ${request.url} ${request.headers.host} ${body}`);
    });
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const post = session.request({ ":method": "POST", ":path": "/p", ":authority": "app.test" });
    post.end("body");
    const outcome = await finish(post);
    assert.equal(outcome.status, 200);
    assert.equal(outcome.body, "POST /p app.test body");
    const get = await finish(session.request({ ":path": "/g", ":authority": "app.test" }));
    assert.equal(get.body, "GET /g app.test ");
  });
});
