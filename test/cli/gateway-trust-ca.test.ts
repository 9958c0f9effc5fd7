import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { describe, it } from "node:test";
import { connect } from "node:tls";
import { openUpstream } from "../gateway/support/upstream.ts";
import { closed } from "../guard/support/closed.ts";
import { byOpenssl, type Credentials } from "../journeys/support/certificates.ts";
import { Home, startServer } from "./support/serve.ts";

describe("gateway --trust-ca", { timeout: 60_000 }, () => {
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
    const visit = async ({ key, cert }: Credentials, resume?: Buffer): Promise<readonly unknown[]> => {
      const options = { port, host: "127.0.0.1", rejectUnauthorized: false, key, cert };
      const client = connect({ ...options, ...(resume && { session: resume }) });
      let said = "";
      client.on("data", (chunk: Buffer) => (said += String(chunk)));
      client.on("error", (error: Error & { code?: string }) => (said = String(error.code)));
      await once(client, "secureConnect");
      const resumed = client.isSessionReused();
      await closed(client);
      return [resumed, said];
    };
    // Known by now, whoever signed.
    assert.deepEqual(await visit(ada, session), [false, "hello"]);
    assert.deepEqual(await visit(bob), [false, "hello"]);
    assert.deepEqual(await visit(eve), [false, "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"]);
  });
});
