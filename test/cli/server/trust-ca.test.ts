import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { connect } from "node:tls";
import { openUpstream } from "../../gateway/support/upstream.ts";
import { closed } from "../../guard/support/closed.ts";
import { byOpenssl, type Credentials } from "../../journeys/support/certificates.ts";
import { Home, startServer } from "../support/serve.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

interface Visit {
  readonly resumed: boolean;
  /** By the upstream, or what the connection failed with. */
  readonly said: string;
  /** Whom the server says it is. */
  readonly server: string | undefined;
  readonly session: Buffer | undefined;
}

async function visitFully(port: number, { key, cert }: Credentials, resume?: Buffer): Promise<Visit> {
  const options = { port, host: "127.0.0.1", rejectUnauthorized: false, key, cert };
  const client = connect({ ...options, ...(resume && { session: resume }) });
  let said = "";
  let session: Buffer | undefined;
  client.on("session", (newest) => (session = newest));
  client.on("data", (chunk: Buffer) => (said += String(chunk)));
  client.on("error", (error: Error & { code?: string }) => (said = String(error.code)));
  await once(client, "secureConnect");
  const resumed = client.isSessionReused();
  const server = client.getPeerX509Certificate()?.subject;
  await closed(client);
  return { resumed, said, server, session };
}

async function visit(port: number, who: Credentials, resume?: Buffer): Promise<readonly unknown[]> {
  const { resumed, said } = await visitFully(port, who, resume);
  return [resumed, said];
}

describe("gateway --trust-ca", { timeout: FILE_PATIENCE_MS }, () => {
  it("takes another CA from the same file at a reload, and no ticket of before", async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    const [before, after] = [await byOpenssl(home, "/CN=before"), await byOpenssl(home, "/CN=after")];
    const signed = (name: string, issuer: Credentials): Promise<Credentials> =>
      byOpenssl(home, `/CN=${name}`, { issuer });
    const ada = await signed("ada", before);
    const bob = await signed("bob", after);
    const eve = await signed("eve", before);
    const ca = home.path("ca.pem");
    copyFileSync(before.certFile, ca);
    const to = `--to=127.0.0.1:${upstream.port}`;
    await using gateway = await startServer(home, ["gateway", to, `--trust-ca=${ca}`, "--first-use=refuse"]);
    const { port } = gateway;
    const first = connect({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      key: ada.key,
      cert: ada.cert,
    });
    const [session] = (await once(first, "session")) as [Buffer];
    first.resume();
    await closed(first);
    copyFileSync(after.certFile, ca);
    gateway.signal("SIGHUP");
    await gateway.logged(({ event }) => event === "reloaded");
    // Known by now, whoever signed.
    assert.deepEqual(await visit(port, ada, session), [false, "hello"]);
    assert.deepEqual(await visit(port, bob), [false, "hello"]);
    assert.deepEqual(await visit(port, eve), [false, "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"]);
  });

  for (const workers of [1, 2]) {
    it(`takes other CAs, certificates and settings in one reload, and no ticket of before, with ${workers} workers`, async () => {
      using home = new Home();
      await using upstream = await openUpstream((socket) => socket.end("hello"));
      const [before, after] = [await byOpenssl(home, "/CN=before"), await byOpenssl(home, "/CN=after")];
      const [ada, bob, eve] = [
        await byOpenssl(home, "/CN=ada", { issuer: before }),
        await byOpenssl(home, "/CN=bob", { issuer: after }),
        await byOpenssl(home, "/CN=eve", { issuer: before }),
      ];
      const put = (ca: Credentials, server: Credentials, idle: string): void => {
        copyFileSync(ca.certFile, home.path("ca.pem"));
        copyFileSync(server.certFile, home.path("server.pem"));
        copyFileSync(server.keyFile, home.path("server.key"));
        const where = ['listen = "127.0.0.1:0"', `to = "127.0.0.1:${upstream.port}"`];
        const files = ['trust_ca = "ca.pem"', 'cert = "server.pem"', 'key = "server.key"'];
        const lines = [
          "[[listener]]",
          ...where,
          ...files,
          'first_use = "refuse"',
          `idle_timeout = "${idle}"`,
        ];
        writeFileSync(home.path("gateway.toml"), [`workers = ${workers}`, ...lines].join("\n"));
      };
      put(before, await byOpenssl(home, "/CN=first"), "9m");
      await using gateway = await startServer(home, ["gateway", "--config", home.path("gateway.toml")]);
      const { port } = gateway;
      const { session, said, server } = await visitFully(port, ada);
      assert.deepEqual([said, server], ["hello", "CN=first"]);
      const second = await byOpenssl(home, "/CN=second");
      // All at once: it must not look in between.
      gateway.signal("SIGSTOP");
      put(after, second, "8m");
      gateway.signal("SIGHUP");
      gateway.signal("SIGCONT");
      await gateway.logged(({ event }) => event === "reloaded");
      for (let again = 0; again < 6; again++) {
        const { resumed, ...seen } = await visitFully(port, ada, session);
        assert.deepEqual([resumed, seen.said, seen.server], [false, "hello", "CN=second"]);
        assert.deepEqual(await visit(port, eve), [false, "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"]);
      }
      const fresh = (await visitFully(port, bob)).session;
      for (let again = 0; again < 6; again++)
        assert.deepEqual(await visit(port, bob, fresh), [true, "hello"]);
    });
  }
});
