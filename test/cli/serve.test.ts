import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import { openStore } from "../../src/store/open-store.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { Operator } from "../../src/operator/operator.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { runHere } from "./support/run-here.ts";
import { Home, startServe, until } from "./support/serve.ts";
import { curl, makeClient, openssl, python } from "./support/tls-clients.ts";
import { keysIn } from "../support/listed.ts";

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "test", process: "test", now: Date.now });
}

describe("serve", () => {
  it("greets a client it never met, and recognises it the next time", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const ada = await makeClient(home, "ada");
    const first = await python(server.port, ada, "World\r\nmore");
    assert.equal(first.stdout, "Hello, World");
    const met = await server.logged(({ event }) => event === "met");
    assert.equal(met["peer"], "ada");
    assert.equal(met["pin"], ada.pin);
    assert.equal(met["keyId"], toKeyId(ada.pin));
    assert.equal(met["subject"], "CN=ada");
    assert.ok(Array.isArray(met["subjectAltNames"]));
    assert.ok(Date.parse(String(met["notBefore"])) < Date.parse(String(met["notAfter"])));
    const second = await openssl(server.port, ada, "again\n", "-quiet");
    assert.match(second.stdout, /Hello, again$/);
    assert.equal((await server.logged(({ event }) => event === "recognised"))["peer"], "ada");
  });

  it("greets openssl in TLS 1.2 and curl with the line they sent", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const ada = await makeClient(home, "ada");
    assert.match((await openssl(server.port, ada, "old\n", "-quiet", "-tls1_2")).stdout, /Hello, old$/);
    assert.equal((await curl(server.port, ada)).stdout, "Hello, GET / HTTP/1.1");
  });

  it("takes what came as the line when a client half-closes without one", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const result = await runHere(home, ["connect", server.address], "no line feed");
    assert.equal(result.stdout, "Hello, no line feed");
    assert.equal(result.code, 0);
  });

  it("answers a client that it never met and that has nothing to say", async () => {
    using home = new Home();
    await using server = await startServe(home);
    assert.equal((await runHere(home, ["connect", server.address], "")).stdout, "Hello, ");
    assert.equal((await server.logged(({ event }) => event === "met"))["event"], "met");
  });

  it("cuts off a client whose line never ends", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const ada = await makeClient(home, "ada");
    const { stdout } = await openssl(server.port, ada, "x".repeat(9000), "-quiet");
    assert.equal(stdout, "");
    assert.match((await openssl(server.port, ada, "next\n", "-quiet")).stdout, /Hello, next$/);
  });

  it("goes on after clients that reset their connection", async () => {
    using home = new Home();
    await using server = await startServe(home);
    for (let count = 0; count < 3; count++) {
      await new Promise<void>((resolve) => {
        const raw = createConnection(server.port, "127.0.0.1", () => raw.resetAndDestroy());
        raw.on("close", () => resolve());
      });
      await new Promise<void>((resolve) => {
        const raw = createConnection(server.port, "127.0.0.1");
        const socket = connectTls({ socket: raw, rejectUnauthorized: false }, () => {
          socket.write("x");
          raw.resetAndDestroy();
        });
        socket.on("error", () => undefined);
        raw.on("close", () => resolve());
      });
    }
    assert.equal(
      (await runHere(home, ["connect", server.address], "still here\n")).stdout,
      "Hello, still here",
    );
  });

  for (const [version, flag] of [
    ["1.3", "-tls1_3"],
    ["1.2", "-tls1_2"],
  ] as const) {
    it(`refuses another key under a bound name with certificate_unknown in TLS ${version}`, async () => {
      using home = new Home();
      await using server = await startServe(home);
      const [ada, impostor] = [
        await makeClient(home, "ada"),
        await makeClient(home, "ada", { file: "impostor" }),
      ];
      await openssl(server.port, ada, "me\n", "-quiet", flag);
      const refused = await openssl(server.port, impostor, "me\n", "-quiet", flag);
      assert.match(refused.stderr, /SSL alert number 46/);
      assert.equal(refused.stdout, "");
      const line = await server.logged(({ event }) => event === "refused");
      assert.equal(line["reason"], "key-changed");
      assert.equal(line["alert"], "certificate_unknown");
      assert.equal(line["pin"], impostor.pin);
      assert.equal(line["conflictsWith"], ada.pin);
      assert.match((await openssl(server.port, ada, "me\n", "-quiet", flag)).stdout, /Hello, me$/);
    });

    it(`refuses a revoked key with certificate_revoked in TLS ${version}, from the moment it is revoked`, async () => {
      using home = new Home();
      await using server = await startServe(home);
      const ada = await makeClient(home, "ada");
      await openssl(server.port, ada, "me\n", "-quiet", flag);
      await using store = openStore(home.store);
      await operatorOf(store).revoke(ada.pin);
      assert.match((await openssl(server.port, ada, "me\n", "-quiet", flag)).stderr, /SSL alert number 44/);
      assert.equal((await server.logged(({ event }) => event === "refused"))["reason"], "revoked");
    });
  }

  it("ends the open connections of a key that is revoked", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const ada = await makeClient(home, "ada");
    const key = readFileSync(ada.key);
    const socket = connectTls({
      port: server.port,
      host: "127.0.0.1",
      key,
      cert: ada.pem,
      rejectUnauthorized: false,
    });
    const closed = new Promise<void>((resolve) => void socket.on("close", () => resolve()));
    socket.on("error", () => undefined);
    await server.logged(({ event }) => event === "met");
    await using store = openStore(home.store);
    await operatorOf(store).revoke(ada.pin);
    await closed;
    assert.equal((await server.logged(({ event }) => event === "revoked"))["peer"], "ada");
  });

  it("tells a client without a certificate that one is required", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--client-certificate", "required"]);
    assert.match((await openssl(server.port, {}, "me\n", "-quiet")).stderr, /SSL alert number 116/);
    assert.match((await openssl(server.port, {}, "me\n", "-quiet", "-tls1_2")).stderr, /SSL alert number 40/);
    assert.equal((await server.logged(({ event }) => event === "refused"))["reason"], "no-certificate");
  });

  it("serves a client without a certificate under optional, as anonymous", async () => {
    using home = new Home();
    await using server = await startServe(home);
    assert.match((await openssl(server.port, {}, "me\n", "-quiet")).stdout, /Hello, me$/);
    await server.logged(({ event }) => event === "anonymous");
  });

  it("asks nobody for a certificate under none", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--client-certificate", "none"]);
    const result = await openssl(server.port, await makeClient(home, "ada"), "me\n");
    assert.match(result.stdout, /Hello, me/);
    await using store = openStore(home.store);
    assert.deepEqual(await keysIn(store), []);
  });

  it("lets a client in after its approval under ask, without a restart", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "ask"]);
    const ada = await makeClient(home, "ada");
    assert.match((await openssl(server.port, ada, "me\n", "-quiet")).stderr, /SSL alert number 49/);
    await using store = openStore(home.store);
    await until(() => store.key(ada.pin)?.state === "pending");
    await operatorOf(store).approve("ada");
    assert.match((await openssl(server.port, ada, "me\n", "-quiet")).stdout, /Hello, me$/);
  });

  it("refuses strangers with unknown_ca under refuse, and keeps none of them", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    const refused = await openssl(server.port, await makeClient(home, "ada"), "me\n", "-quiet");
    assert.match(refused.stderr, /SSL alert number 48/);
    await using store = openStore(home.store);
    assert.deepEqual(await keysIn(store), []);
  });

  it("refuses an expired certificate with certificate_expired, unless it is told to ignore that", async () => {
    using home = new Home();
    const old = await makeClient(home, "old", { madeAt: new Date("2010-01-01") });
    await using strict = await startServe(home);
    assert.match((await openssl(strict.port, old, "me\n", "-quiet")).stderr, /SSL alert number 45/);
    await using lax = await startServe(home, ["--validity", "ignore"]);
    assert.match((await openssl(lax.port, old, "me\n", "-quiet")).stdout, /Hello, me$/);
    assert.match(
      String((await lax.logged(({ event }) => event === "warning"))["message"]),
      /--validity ignore/,
    );
  });

  it("calls a peer by its key id under bind key, so that two of one name get along", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--bind", "key"]);
    const [one, other] = [await makeClient(home, "ada"), await makeClient(home, "ada", { file: "other" })];
    assert.match((await openssl(server.port, one, "1\n", "-quiet")).stdout, /Hello, 1$/);
    assert.match((await openssl(server.port, other, "2\n", "-quiet")).stdout, /Hello, 2$/);
    const line = await server.logged(({ pin }) => pin === other.pin);
    assert.equal(line["peer"], toKeyId(other.pin));
  });

  it("speaks no TLS newer than it is told to", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--max-tls", "1.2"]);
    const result = await openssl(server.port, await makeClient(home, "ada"), "me\n");
    assert.match(result.stdout, /Protocol *: TLSv1\.2/);
    assert.match(result.stdout, /Hello, me/);
    assert.match((await openssl(server.port, {}, "me\n", "-tls1_3")).stderr, /alert number 70/);
  });

  it("prints the certificate of each client on stdout when it is told to", async () => {
    using home = new Home();
    const ada = await makeClient(home, "ada");
    await using server = await startServe(home, ["--print-certificate"]);
    await openssl(server.port, ada, "me\n", "-quiet");
    await server.stop();
    assert.equal(server.stdout.trim(), ada.pem.trim());
  });

  it("keeps KEYID.pem of trusted keys in --pem-dir, and removes it on revocation", async () => {
    using home = new Home();
    const ada = await makeClient(home, "ada");
    const folder = home.path("pem");
    await using server = await startServe(home, ["--pem-dir", folder]);
    await openssl(server.port, ada, "me\n", "-quiet");
    await until(() => readdirSync(folder).join() === `${toKeyId(ada.pin)}.pem`);
    await using store = openStore(home.store);
    await operatorOf(store).revoke(ada.pin);
    await until(() => readdirSync(folder).length === 0);
  });

  it("shows hostile names escaped", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const hostile = await makeClient(home, "a\u001b[31mda\n\u202eevil", { file: "hostile" });
    await openssl(server.port, hostile, "me\n", "-quiet");
    const line = await server.logged(({ event }) => event === "refused");
    assert.equal(line["reason"], "malformed-certificate");
    const written = JSON.stringify(line);
    for (const raw of ["\u001b", "\u202e", "\\u001b", "\\n"]) assert.ok(!written.includes(raw));
  });
});
