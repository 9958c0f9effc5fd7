import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identity } from "../guard/support/identities.ts";
import { CADDY, caddyWith } from "./support/caddy.ts";
import { playScenarios } from "./support/play-scenarios.ts";
import { ask, fieldOf, ProxyClient } from "./support/proxy-client.ts";
import { ProxyScene } from "./support/proxy-scene.ts";
import { missing } from "./support/proxy-under-test.ts";
import { spoofedFields } from "./support/spoofed.ts";
import { freePort } from "../support/free-port.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

playScenarios(CADDY);

const ROUTE = "\troute {";
const BELOW = "\t\tvars handclasp asked\n";

describe("Caddy with more than the example has", { skip: missing(CADDY), timeout: FILE_PATIENCE_MS }, () => {
  it("guards what was added to the route, and drops a client's words even outside of it", async () => {
    const open = `\thandle /open/* {\n\t\treverse_proxy 127.0.0.1:8080\n\t}\n${ROUTE}`;
    const added = `${BELOW}\t\trespond /hello "hello, {http.request.header.Handclasp-Peer}"\n`;
    await using scene = await ProxyScene.open(caddyWith({ [ROUTE]: open, [BELOW]: added }));
    const [known, stranger] = [await scene.known("anna"), await identity("stranger")];
    assert.equal((await ask(scene.port, stranger, { path: "/hello" })).status, 403);
    using client = new ProxyClient(scene.port, known);
    for (const headers of spoofedFields()) {
      const answer = await client.ask({ path: "/open/x", headers });
      assert.equal(answer.status, 200, answer.text);
      assert.doesNotMatch(JSON.stringify(answer.app?.fields), /mallory/, JSON.stringify(headers));
    }
  });
});

describe("Caddy before a group", { skip: missing(CADDY), timeout: FILE_PATIENCE_MS }, () => {
  it("lets its members in alone, and tells the application where they are, whatever they say themselves", async () => {
    const only = `${BELOW}\t\t@others not header_regexp Handclasp-Groups (^|,)dba(,|$)\n\t\trespond @others 403\n`;
    await using scene = await ProxyScene.open(caddyWith({ [BELOW]: only }));
    const client = await scene.known("anna");
    const headers = { "Handclasp-Groups": "dba", "X-Forwarded-For": "192.0.2.1" };
    assert.equal((await ask(scene.port, client, { headers })).status, 403);
    await scene.run("group", "add", "dbas", "anna");
    assert.equal((await ask(scene.port, client, { headers })).status, 403);
    await scene.run("group", "add", "dba", "anna");
    const answer = await ask(scene.port, client, { headers });
    assert.deepEqual(fieldOf(answer, "Handclasp-Groups"), ["dba,dbas"]);
    assert.deepEqual(fieldOf(answer, "X-Forwarded-For"), ["127.0.0.1"]);
  });
});

describe("Caddy's answers", { skip: missing(CADDY), timeout: FILE_PATIENCE_MS }, () => {
  it("say why a client is refused, and what of a failure is the application's", async () => {
    await using scene = await ProxyScene.open(CADDY, await freePort());
    assert.equal((await ask(scene.port)).text, "a client certificate is needed");
    const anna = await scene.known("anna");
    const { status, text } = await ask(scene.port, anna);
    assert.deepEqual({ status, text }, { status: 502, text: "Bad Gateway" });
    await scene.run("trust", "revoke", "anna", "--yes");
    assert.equal((await ask(scene.port, anna)).text, "this key was revoked");
    await scene.stopAuthorizer();
    const away = await ask(scene.port, anna);
    assert.deepEqual([away.status, away.text], [503, "nobody can be let in at the moment"]);
  });
});
