import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { runHere } from "./support/run-here.ts";
import { Home, MAIN, runToEnd, startServe } from "./support/serve.ts";
import { unwrapped } from "./support/unwrapped.ts";
import { makeClient, openssl } from "./support/tls-clients.ts";

describe("explain", () => {
  it("explains the last refusal, and the one of a connection, in another process than the server's", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "ask"]);
    const client = await makeClient(home, "ada");
    await openssl(server.port, client, "Ada\n");
    const { connection } = await server.logged(({ event }) => event === "refused");
    await server.stop();
    const last = await runHere(home, ["explain", "LAST"]);
    assert.equal(last.code, 0);
    assert.match(
      unwrapped(last.stdout),
      /under the name "ada".*: pending, alert access_denied\. .*handclasp trust approve/,
    );
    assert.ok(last.stdout.includes(toKeyId(client.pin)));
    for (const meant of [
      "127.0.0.1",
      "Ada",
      toKeyId(client.pin),
      toKeyId(client.pin).slice(0, 15),
      client.pin,
      new X509Certificate(client.pem).fingerprint256,
    ]) {
      assert.equal((await runHere(home, ["explain", meant])).stdout, last.stdout, meant);
    }
    const one = await runHere(home, ["explain", String(connection), "--json"]);
    assert.partialDeepStrictEqual(JSON.parse(one.stdout), {
      connection,
      reason: "pending",
      alert: "access_denied",
      peer: "ada",
      pin: client.pin,
      address: "127.0.0.1",
      count: 1,
    });
    const { explanation } = JSON.parse(one.stdout) as { explanation: string };
    assert.equal(explanation.replaceAll(";", ""), unwrapped(last.stdout.trimEnd()));
  });

  it("fits the width of a terminal, with commands on lines of their own", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "ask"]);
    const client = await makeClient(home, "ada");
    await openssl(server.port, client, "Ada\n");
    await server.logged(({ event }) => event === "refused");
    await server.stop();
    for (const [columns, width] of [
      ["", 80],
      ["60", 60],
    ] as const) {
      const { stdout } = await runToEnd(process.execPath, [MAIN, "explain", "LAST"], {
        environment: { ...home.environment, COLUMNS: columns },
      });
      const lines = stdout.trimEnd().split("\n");
      assert.ok(lines.includes(`  handclasp trust approve ${toKeyId(client.pin)}`), stdout);
      for (const line of lines.filter((each) => !each.startsWith("  handclasp ")))
        assert.ok(line.length <= width || !line.includes(" "), line);
    }
  });

  it("says when there is nothing to explain", async () => {
    using home = new Home();
    assert.equal((await runHere(home, ["explain", "LAST"])).code, 1);
    await using server = await startServe(home);
    await server.stop();
    const { code, stderr } = await runHere(home, ["explain", "nobody-1"]);
    assert.equal(code, 1);
    assert.match(stderr, /ERR_HANDCLASP_NOT_FOUND/);
    assert.match((await runHere(home, ["explain", "last"])).stderr, /nobody was refused/);
  });
});
