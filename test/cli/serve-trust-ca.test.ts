import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { runHere } from "./support/run-here.ts";
import { Home, runToEnd, startServe } from "./support/serve.ts";
import { type ClientFiles, makeClient, openssl } from "./support/tls-clients.ts";

interface Authority {
  readonly cert: string;
  readonly key: string;
}

/** `openssl req -x509` makes CA:TRUE by default. */
async function makeAuthority(home: Home, name: string): Promise<Authority> {
  const files = { cert: home.path(`${name}.pem`), key: home.path(`${name}.key`) };
  const how = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "2",
    "-subj",
    `/CN=${name}`,
  ];
  const { code, stderr } = await runToEnd("openssl", [
    "req",
    "-x509",
    ...how,
    "-keyout",
    files.key,
    "-out",
    files.cert,
  ]);
  assert.equal(code, 0, stderr);
  return files;
}

/** A client's certificate that an authority signed, with its chain in a file of its own. */
async function signedBy(
  home: Home,
  authority: Authority,
  name: string,
): Promise<ClientFiles & { readonly chain: string }> {
  const own = await makeClient(home, name);
  const cert = home.path(`${name}.signed.pem`);
  const request = home.path(`${name}.csr`);
  const asked = await runToEnd("openssl", [
    "req",
    "-new",
    "-key",
    own.key,
    "-subj",
    `/CN=${name}`,
    "-out",
    request,
  ]);
  assert.equal(asked.code, 0, asked.stderr);
  const by = ["-CA", authority.cert, "-CAkey", authority.key, "-CAcreateserial", "-days", "2"];
  const { code, stderr } = await runToEnd("openssl", ["x509", "-req", "-in", request, ...by, "-out", cert]);
  assert.equal(code, 0, stderr);
  return { ...own, cert, chain: authority.cert };
}

describe("serve --trust-ca", () => {
  it("lets in who the CA signed without review, and judges all others by the policy", async () => {
    using home = new Home();
    const authority = await makeAuthority(home, "ca");
    await using server = await startServe(home, ["--trust-ca", authority.cert, "--first-use", "ask"]);
    const signed = await signedBy(home, authority, "signed");
    assert.match((await openssl(server.port, signed, "me\n", "-quiet")).stdout, /Hello, me$/);
    const stranger = await makeClient(home, "stranger");
    assert.match((await openssl(server.port, stranger, "me\n", "-quiet")).stderr, /SSL alert number 49/);
    const foreign = await signedBy(home, await makeAuthority(home, "other"), "foreign");
    assert.match((await openssl(server.port, foreign, "me\n", "-quiet")).stderr, /SSL alert number 49/);
  });

  it("refuses who the CA signed once the key is revoked", async () => {
    using home = new Home();
    const authority = await makeAuthority(home, "ca");
    await using server = await startServe(home, ["--trust-ca", authority.cert]);
    const signed = await signedBy(home, authority, "signed");
    await openssl(server.port, signed, "me\n", "-quiet");
    const revoked = await runHere(home, ["trust", "revoke", signed.pin]);
    assert.equal(revoked.code, 0, revoked.stderr);
    assert.match((await openssl(server.port, signed, "me\n", "-quiet")).stderr, /SSL alert number 44/);
  });

  for (const version of ["-tls1_3", "-tls1_2"]) {
    it(`sends no names of CAs or peers to clients (${version})`, async () => {
      using home = new Home();
      const authority = await makeAuthority(home, "ca");
      await using server = await startServe(home, ["--trust-ca", authority.cert]);
      const ada = await makeClient(home, "ada");
      await openssl(server.port, ada, "me\n", version);
      const { stdout } = await openssl(server.port, ada, "me\n", version);
      assert.match(stdout, /No client certificate CA names sent/);
    });
  }

  for (const mode of ["accept", "ask"] as const) {
    it(`takes no certificate that a pinned CA:TRUE client signed, under ${mode}`, async () => {
      using home = new Home();
      await using server = await startServe(home, ["--first-use", mode]);
      const pinned = await makeAuthority(home, "pinned");
      if (mode === "ask") {
        await openssl(server.port, pinned, "me\n", "-quiet");
        await untilListed(home, "pinned");
        assert.equal((await runHere(home, ["trust", "approve", "pinned"])).code, 0);
      }
      assert.match((await openssl(server.port, pinned, "me\n", "-quiet")).stdout, /Hello, me$/);
      await using otherServer = await startServe(home, ["--first-use", "ask"]);
      const admin = await signedBy(home, pinned, "admin");
      const refused = await openssl(otherServer.port, admin, "me\n", "-quiet", "-cert_chain", pinned.cert);
      assert.match(refused.stderr, /SSL alert number 49/);
      assert.equal((await otherServer.logged(({ event }) => event === "refused"))["pin"], admin.pin);
    });
  }

  it("warns loudly about system", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--trust-ca", "system"]);
    const warning = await server.logged(({ event }) => event === "warning");
    assert.match(String(warning["message"]), /--trust-ca system/);
  });

  it("exits 1 for a file without certificates", async () => {
    using home = new Home();
    const file = home.path("empty.pem");
    writeFileSync(file, "");
    await assert.rejects(
      startServe(home, ["--trust-ca", file]),
      /ended with 1: \{"error":\{"code":"[^\n]*"hint":"/,
    );
    await assert.rejects(
      startServe(home, ["--trust-ca", home.path("missing.pem")]),
      /ended with 1: \{"error":\{"code":"/,
    );
  });
});

/** A client is refused at once; that its key waits is written a moment later. */
async function untilListed(home: Home, name: string): Promise<void> {
  while (!(await runHere(home, ["trust", "list", "--json"])).stdout.includes(`"peer":"${name}"`))
    await setTimeout(20);
}
