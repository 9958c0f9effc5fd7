import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { failure, factsOfPem, printed } from "./support/trust.ts";
import { Home, startServe } from "./support/serve.ts";
import { type ClientFiles, openssl } from "./support/tls-clients.ts";

/** A certificate by OpenSSL, as directories make them: with two common names. */
function twoNames(home: Home): ClientFiles {
  const [cert, key] = [home.path("two.cert.pem"), home.path("two.key.pem")];
  const made = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "9",
  ];
  execFileSync("openssl", [...made, "-subj", "/CN=Users/CN=John", "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  const pem = readFileSync(cert, "utf8");
  return { cert, key, pem, pin: factsOfPem(pem).pin };
}

describe("a certificate whose name cannot be read", () => {
  it("is refused where names are bound, and the log says which key and what is wrong", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const john = twoNames(home);
    await openssl(server.port, john, "me\n", "-quiet");
    const line = await server.logged(({ event }) => event === "refused");
    assert.equal(line["reason"], "malformed-certificate");
    assert.equal(line["keyId"], toKeyId(john.pin));
    assert.match(String(line["problem"]), /subject at byte \d+: has 2 common names/);
  });

  it("is let in where keys are bound", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--bind", "key"]);
    const john = twoNames(home);
    assert.match((await openssl(server.port, john, "me\n", "-quiet")).stdout, /Hello, me$/);
    assert.equal((await server.logged(({ event }) => event === "met"))["peer"], toKeyId(john.pin));
  });

  it("is let in once an operator says what it is called", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const john = twoNames(home);
    const unnamed = await failure(home, "trust", "add", john.cert);
    assert.match(unnamed.stderr, /2 common names.*--name NAME/s);
    await printed(home, "trust", "add", john.cert, "--name", "john");
    assert.match((await openssl(server.port, john, "me\n", "-quiet")).stdout, /Hello, me$/);
    assert.equal((await server.logged(({ event }) => event === "recognised"))["peer"], "john");
  });
});
