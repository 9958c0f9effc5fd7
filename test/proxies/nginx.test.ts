import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { identity } from "../guard/support/identities.ts";
import { strangelyExtended } from "./support/certificates.ts";
import { NGINX, nginxWith } from "./support/nginx.ts";
import { playScenarios } from "./support/play-scenarios.ts";
import { ask, fieldOf } from "./support/proxy-client.ts";
import { ProxyScene } from "./support/proxy-scene.ts";
import { missing } from "./support/proxy-under-test.ts";
import { spoofedFields } from "./support/spoofed.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

playScenarios(NGINX);

const LOCATION = "  location / {";

describe("nginx with more than the example has", { skip: missing(NGINX), timeout: FILE_PATIENCE_MS }, () => {
  it("guards a location that was added, and drops a client's words in one that is for everybody", async () => {
    const files = join(temporaryFolder(), "files");
    mkdirSync(files);
    writeFileSync(join(files, "secret.txt"), "secret");
    const added = `  location /files/ { alias ${files}/; }
  location /open/ { auth_request off; proxy_pass http://app; }
${LOCATION}`;
    await using scene = await ProxyScene.open(nginxWith({ [LOCATION]: added }));
    const known = await scene.known("anna");
    const stranger = await identity("stranger");
    assert.equal((await ask(scene.port, stranger, { path: "/files/secret.txt" })).status, 403);
    for (const shown of [undefined, stranger, known]) {
      for (const headers of spoofedFields()) {
        const answer = await ask(scene.port, shown, { path: "/open/x", headers });
        assert.equal(answer.status, 200, answer.text);
        assert.doesNotMatch(JSON.stringify(answer.app?.fields), /mallory/, JSON.stringify(headers));
      }
    }
  });

  it("has nobody ask the authorizer by its own location", async () => {
    await using scene = await ProxyScene.open(NGINX);
    const client = await scene.known("anna");
    for (const path of ["/.handclasp", "/./.handclasp", "/%2ehandclasp", "//.handclasp"]) {
      assert.equal((await ask(scene.port, client, { path })).status, 404, path);
    }
    assert.deepEqual(scene.application.seen, []);
  });

  it("lets nobody pass a location's own rule by a certificate that nginx objects to", async () => {
    const added = `  location /admin/ { deny all; proxy_pass http://app; }\n${LOCATION}`;
    await using scene = await ProxyScene.open(nginxWith({ [LOCATION]: added }));
    const odd = await scene.known("odd", await strangelyExtended("odd"));
    for (const path of ["/admin/", "/"]) {
      assert.equal((await ask(scene.port, odd, { path })).status, 403);
    }
    assert.deepEqual(scene.application.seen, []);
  });

  it("leaves such certificates to the authorizer where the configuration says so, whatever the location's rule", async () => {
    const changes = {
      [LOCATION]: `  location /admin/ { deny all; proxy_pass http://app; }\n${LOCATION}`,
      "try_files /.none =403;": "proxy_pass http://app;",
    };
    await using scene = await ProxyScene.open(nginxWith(changes));
    const odd = await strangelyExtended("odd");
    assert.equal((await ask(scene.port, odd)).status, 403);
    await scene.approve("odd");
    for (const path of ["/a%2Fb", "/admin/"]) {
      const answer = await ask(scene.port, odd, { method: "POST", path, body: "hello" });
      assert.deepEqual([answer.app?.method, answer.app?.url, answer.app?.body], ["POST", path, "hello"]);
      assert.deepEqual(fieldOf(answer, "Handclasp-Peer"), ["odd"]);
    }
  });

  it("keeps answers of the application apart by key, and from who was revoked since", async () => {
    const cache = `proxy_cache_path ${join(temporaryFolder(), "cache")} keys_zone=answers:1m;\nupstream handclasp {`;
    const cached = `${LOCATION}
    proxy_cache answers;
    proxy_cache_valid 200 1h;
    proxy_cache_key $scheme$host$request_uri$handclasp_key;`;
    const changes = { "upstream handclasp {": cache, [LOCATION]: cached };
    await using scene = await ProxyScene.open(nginxWith(changes));
    const [anna, bert] = [await scene.known("anna"), await scene.known("bert")];
    for (const shown of [anna, bert, anna]) await ask(scene.port, shown);
    assert.deepEqual(fieldOf(await ask(scene.port, bert), "Handclasp-Peer"), ["bert"]);
    assert.equal(scene.application.seen.length, 2);
    await scene.run("trust", "revoke", "bert", "--yes");
    assert.equal((await ask(scene.port, bert)).status, 403);
  });
});
