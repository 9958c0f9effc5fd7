import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { describe, it } from "node:test";
import { Home, startServer } from "../cli/support/serve.ts";
import { exchange, openClient, openUpstream } from "../gateway/support/upstream.ts";
import { identity } from "../guard/support/identities.ts";
import { reachable, startGateway } from "./support/gateway.ts";
import { freePort } from "../support/free-port.ts";

const HAPROXY = "/usr/sbin/haproxy";
const ada = await identity("ada");

/** HAProxy with these sections, once it listens on `port`. */
async function startHaproxy(home: Home, port: number, sections: string): Promise<ChildProcess> {
  const file = home.path("haproxy.cfg");
  writeFileSync(
    file,
    `defaults
  timeout connect 60s
  timeout client 60s
  timeout server 60s
${sections}
`,
  );
  const child = spawn(HAPROXY, ["-db", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += String(chunk)));
  const ended = once(child, "exit").then(() => assert.fail(said));
  ended.catch(() => undefined);
  await Promise.race([reachable(port), ended]);
  return child;
}

describe("HAProxy", { skip: existsSync(HAPROXY) ? false : "it is not installed" }, () => {
  it("behind the gateway reads the header that it sends", async () => {
    using home = new Home();
    const port = await freePort();
    const haproxy = await startHaproxy(
      home,
      port,
      `frontend behind
  mode http
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src]:%[src_port] to %[dst]:%[dst_port] as %[fc_pp_authority]"`,
    );
    try {
      await using gateway = await startGateway(home, `127.0.0.1:${port}`, "--send-proxy", "v2");
      const client = await openClient(gateway.port, ada, { servername: "db.example" });
      const from = `127.0.0.1:${client.localPort} to 127.0.0.1:${gateway.port} as db.example`;
      const answer = await exchange(client, "GET / HTTP/1.0\r\n\r\n");
      assert.match(answer, /^HTTP\/1\.[01] 200/);
      assert.ok(answer.endsWith(from), answer);
    } finally {
      haproxy.kill();
    }
  });

  it("in front of the gateway tells it where a client comes from, in both versions", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept"];
    await using gateway = await startServer(home, [
      ...verb,
      "--accept-proxy",
      "127.0.0.1",
      "--log",
      "connections",
    ]);
    for (const [at, version] of ["send-proxy", "send-proxy-v2"].entries()) {
      const port = await freePort();
      const haproxy = await startHaproxy(
        home,
        port,
        `listen front
  mode tcp
  bind 127.0.0.1:${port}
  server gateway 127.0.0.1:${gateway.port} ${version}`,
      );
      try {
        // A client on another address of this machine: HAProxy itself comes from 127.0.0.1.
        const raw = createConnection({ port, host: "127.0.0.1", localAddress: `127.0.0.${at + 7}` });
        const client = await openClient(port, ada, { socket: raw });
        assert.equal(await exchange(client, "hello"), "hello");
        const said = await gateway.logged(
          ({ event, address }) =>
            (event === "met" || event === "recognised") && address === `127.0.0.${at + 7}`,
        );
        assert.equal(said["peer"], "ada");
      } finally {
        haproxy.kill();
      }
    }
  });
});
