import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import http2 from "node:http2";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Home, runToEnd, startServer } from "../cli/support/serve.ts";
import { closed } from "../guard/support/closed.ts";
import { identity, inFiles } from "../guard/support/identities.ts";
import { until } from "../proxies/support/until.ts";
import { openHttpUpstream, type Upstream } from "../gateway/support/http-upstream.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const anna = await identity("anna");

/** An app that says what it was asked for, by whom. */
function openApp(): Promise<Upstream> {
  return openHttpUpstream(({ url, headers }, response) =>
    response.end(`${String(url)} by ${String(headers["handclasp-peer"])}`),
  );
}

function configured(to: number, health: string, lan: string): string {
  return `
[[listener]]
name = "app"
listen = "127.0.0.1:0"
mode = "http"
to = "http://127.0.0.1:${to}"
first_use = "ask"

[[listener.path]]
path = "/healthz"
allow = ${health}

[[listener.path]]
path = "/metrics"
allow = ${lan}
`;
}

/** The answer, and its status; 000 for none. */
async function curl(...args: readonly string[]): Promise<string> {
  return (await runToEnd("curl", ["-sk", "-w", " %{http_code}", ...args])).stdout;
}

describe("a service behind the gateway with paths that are open", { timeout: FILE_PATIENCE_MS }, () => {
  it("answers health checks and the LAN without a certificate, and nobody for anything else", async () => {
    using home = new Home();
    await using app = await openApp();
    const file = join(home.folder, "gateway.toml");
    writeFileSync(file, configured(app.port, '["anyone"]', '["network:127.0.0.0/8"]'));
    const check = await home.run(["check-config", file]);
    assert.match(check.stdout, /1 listener, nothing wrong/);
    await using gateway = await startServer(home, ["gateway", "--config", file]);
    const url = `https://127.0.0.1:${gateway.port}`;
    const { certFile, keyFile } = inFiles(home.folder, anna);
    const asAnna = ["--cert", certFile, "--key", keyFile];

    assert.equal(await curl(`${url}/healthz`), "/healthz by undefined 200");
    assert.equal(
      await curl("--http2", "-H", "Handclasp-Peer: x", `${url}/metrics`),
      "/metrics by undefined 200",
    );
    for (const path of ["/", "/healthzz", "/HEALTHZ", "/healthz/..%2f", "//healthz"])
      assert.match(await curl("--path-as-is", url + path), /403$/, path);
    // A certificate that is shown counts.
    assert.match(await curl(...asAnna, `${url}/healthz`), / 000$/);
    assert.equal((await home.run(["trust", "approve", "anna"])).code, 0);
    assert.equal(await curl(...asAnna, `${url}/`), "/ by anna 200");
    assert.equal(await curl(...asAnna, `${url}/healthz`), "/healthz by anna 200");

    const session = http2.connect(url, { rejectUnauthorized: false });
    session.on("error", () => undefined);
    const statuses = await Promise.all(
      ["/healthz", "/", "/metrics", "/x"].map(async (path) => {
        const stream = session.request({ ":path": path });
        let status: number | undefined;
        stream.on("response", (headers) => (status = headers[":status"]));
        await closed(stream.resume());
        return status;
      }),
    );
    assert.deepEqual(statuses, [200, 403, 200, 403]);

    assert.equal((await home.run(["trust", "revoke", "anna"])).code, 0);
    assert.match(await curl(...asAnna, `${url}/healthz`), / 000$/);
    // Written down within a second.
    await until(async () => {
      const refusals = await home.run(["refusals", "--reason", "path-not-allowed", "--json"]);
      return /"peer":null,"pin":null,.*"reason":"path-not-allowed"/.test(refusals.stdout);
    }, "a refusal");

    const over = closed(session);
    writeFileSync(file, configured(app.port, '["any-peer"]', '["any-peer"]'));
    gateway.signal("SIGHUP");
    await over;
    assert.match(await curl(`${url}/healthz`), / 000$/);
  });
});
