import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { createServer, type TlsOptions } from "node:tls";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { runHere } from "../support/run-here.ts";
import { Home } from "../support/serve.ts";
import { type ClientFiles, makeClient } from "../support/tls-clients.ts";

interface Foreign extends AsyncDisposable {
  readonly address: string;
}

/** A server that knows nothing of handclasp, and sends back what it gets. */
async function startForeign({ cert, key }: ClientFiles, options: TlsOptions = {}): Promise<Foreign> {
  const pems = { cert: readFileSync(cert), key: readFileSync(key) };
  const server = createServer({ ...pems, ...options }, (socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("connect --summary", () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`says what the server chose, showed and asked for, in ${maxVersion}`, async () => {
      using home = new Home();
      const own = await makeClient(home, "host.example");
      const ada = await makeClient(home, "authority ada");
      const bob = await makeClient(home, "authority bob");
      await using server = await startForeign(own, {
        maxVersion,
        requestCert: true,
        rejectUnauthorized: false,
        ca: [ada.pem, bob.pem],
        ecdhCurve: "P-256",
        sigalgs: "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256:ed25519:ecdsa_secp384r1_sha384",
      });
      const { stdout, stderr, code } = await runHere(
        home,
        ["connect", server.address, "--summary", "--no-remember"],
        "hello\n",
      );
      assert.equal(code, 0, stderr);
      assert.equal(stdout, "hello\n", "data alone is on stdout");
      assert.match(stderr, new RegExp(`^server +${server.address}$`, "m"));
      const suite = maxVersion === "TLSv1.3" ? "TLS_AES_" : "TLS_ECDHE_ECDSA_WITH_AES_";
      assert.match(stderr, new RegExp(`^agreed on +${maxVersion.replace("v", " ")}, ${suite}`, "m"));
      assert.match(stderr, /, secp256r1\nsigned by +ecdsa_secp256r1_sha256$/m);
      assert.match(stderr, /^certificate 1 +CN=host\.example$/m);
      assert.match(stderr, /^ +valid from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d$/m);
      assert.match(stderr, new RegExp(`^ +key ${toKeyId(own.pin)}, P-256$`, "m"));
      assert.match(
        stderr,
        /^asks for +a certificate of one of\n +CN=authority ada\n +CN=authority bob\nsignatures +ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, ed25519, ecdsa_secp384r1_sha384$/m,
      );
    });
  }

  it("names all signature algorithms, however many there are", async () => {
    using home = new Home();
    const own = await makeClient(home, "host.example");
    await using server = await startForeign(own, { requestCert: true, rejectUnauthorized: false });
    const { stderr } = await runHere(home, ["connect", server.address, "--summary"], "hello\n");
    assert.match(stderr, /^asks for +a certificate of any authority$/m);
    assert.match(stderr, /\brsa_pkcs1_sha512\b/);
    assert.doesNotMatch(stderr, /and \d+ more/);
  });

  it("is said before the error when the server refuses us, and when we refuse the server", async () => {
    using home = new Home();
    const own = await makeClient(home, "host.example");
    const ada = await makeClient(home, "authority ada");
    await using strict = await startForeign(own, { maxVersion: "TLSv1.2", requestCert: true, ca: ada.pem });
    const refused = await runHere(home, ["connect", strict.address, "--summary"], "hello\n");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /asks for [\s\S]*CN=authority ada[\s\S]*error: /);
    await using server = await startForeign(own);
    const refusing = ["connect", server.address, "--summary", "--verify-server", "refuse"];
    const unknown = await runHere(home, refusing, "hello\n");
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /^asks for +no certificate\nerror: .*is not a known server/m);
    assert.equal(unknown.stdout, "");
  });

  it("carries large input and output as it is", async () => {
    using home = new Home();
    const own = await makeClient(home, "host.example");
    await using server = await startForeign(own);
    const much = "0123456789abcdef".repeat(200_000);
    const { stdout, code } = await home.run(["connect", server.address, "--summary"], much);
    assert.equal(code, 0);
    assert.ok(stdout === much);
  });

  it("is left out where nobody sits at a terminal", async () => {
    using home = new Home();
    const own = await makeClient(home, "host.example");
    await using server = await startForeign(own);
    assert.doesNotMatch((await runHere(home, ["connect", server.address], "hello\n")).stderr, /agreed on/);
  });
});
