import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { failure, printed, printedJson } from "../support/trust.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { certificatesFromPem } from "../../../src/x509/certificate-description.ts";
import { readCertificate } from "../../../src/x509/certificate-facts.ts";
import { runHere } from "../support/run-here.ts";
import { Home, startServe } from "../support/serve.ts";
import { makeClient } from "../support/tls-clients.ts";
import { freePort } from "../../support/free-port.ts";
import { keysIn } from "../../support/listed.ts";

interface Row {
  readonly name: string;
  readonly keyId: string;
  readonly pin: string;
  readonly fingerprint: string;
  readonly keyType: string;
  readonly notAfter: string;
  readonly encrypted: boolean;
  readonly replaced?: string;
}

interface ListedKey {
  readonly peer: string;
  readonly state: string;
  readonly pin: string;
  readonly source: string;
}

function passphraseFile(home: Home, text = "correct horse\n", mode = 0o600): string {
  const path = home.path(`passphrase-${text.length}`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("identity rotate", () => {
  it("gives the default identity another key, and a server that knew the old one follows", async () => {
    using home = new Home();
    await using server = await startServe(home);
    await runHere(home, ["connect", server.address], "anna\n");
    const [before] = await printedJson<readonly ListedKey[]>(home, "trust", "list");
    const rotated = await printedJson<Row>(home, "identity", "rotate");
    assert.equal(rotated.replaced, before?.pin);
    const { stdout } = await runHere(home, ["connect", server.address], "again\n");
    assert.equal(stdout, "Hello, again");
    const logged = await server.logged(({ event, pin }) => event !== "refused" && pin === rotated.pin);
    assert.deepEqual([logged["event"], logged["peer"]], ["rotated", before?.peer]);
    const keys = await printedJson<readonly ListedKey[]>(home, "trust", "list");
    assert.deepEqual(
      keys.map(({ peer, state, pin, source }) => ({ peer, state, pin, source })),
      [
        { peer: before?.peer, state: "retired", pin: before?.pin, source: "first-use" },
        { peer: before?.peer, state: "trusted", pin: rotated.pin, source: "rotation" },
      ],
    );
  });

  it("rotates the identity that is named, to the kind of key that is asked for", async () => {
    using home = new Home();
    await printed(home, "identity", "create");
    const lab = await printedJson<Row>(home, "identity", "create", "lab");
    const standard = await printedJson<Row>(home, "identity", "show");
    const rotated = await printedJson<Row>(home, "identity", "rotate", "lab", "--type", "ml-dsa-65");
    assert.deepEqual([rotated.name, rotated.keyType, rotated.replaced], ["lab", "ml-dsa-65", lab.pin]);
    assert.equal((await printedJson<Row>(home, "identity", "show", "lab")).pin, rotated.pin);
    assert.deepEqual(await printedJson<Row>(home, "identity", "show"), standard);
    const text = await printed(home, "identity", "rotate", "lab", "--days", "7");
    assert.match(text, /^replaced +[A-Z2-7-]+$/m);
    assert.match(text, /^type +ml-dsa-65$/m);
    assert.doesNotMatch(text, /PRIVATE/);
  });

  it("fails for an identity that there is not, and for a name beside --server", async () => {
    using home = new Home();
    const { stderr } = await failure(home, "identity", "rotate", "nobody");
    assert.match(stderr, /hint: handclasp identity create nobody/);
    const server = await failure(home, "identity", "rotate", "--server");
    assert.match(server.stderr, /hint: handclasp serve makes it/);
    const both = await failure(home, "identity", "rotate", "anna", "--server");
    assert.match(both.stderr, /give a name or --server, not both/);
    await failure(home, "identity", "rotate", "--server", "--store", "memory:");
    assert.equal((await runHere(home, ["identity", "rotate", "--type", "dsa"])).code, 2);
    assert.equal((await runHere(home, ["identity", "rotate", "--days", "0"])).code, 2);
    assert.deepEqual(readdirSync(home.folder), []);
  });
});

describe("identity rotate --server", () => {
  it("is followed by the server that runs, and by clients that knew it", async () => {
    using home = new Home();
    await using server = await startServe(home);
    await runHere(home, ["connect", server.address], "anna\n");
    const rotated = await printedJson<Row>(home, "identity", "rotate", "--server");
    assert.deepEqual([rotated.name, rotated.replaced], ["server", server.pin]);
    const changed = await server.logged(({ event }) => event === "identity-changed");
    assert.deepEqual([changed["pin"], changed["keyId"]], [rotated.pin, rotated.keyId]);
    const { stdout } = await runHere(home, ["connect", server.address], "again\n");
    assert.equal(stdout, "Hello, again");
    const known = await printedJson<readonly ListedKey[]>(
      home,
      "trust",
      "list",
      "--store",
      home.knownServers,
    );
    assert.deepEqual(
      known.map(({ peer, state, pin }) => ({ peer, state, pin })),
      [
        { peer: server.address, state: "retired", pin: server.pin },
        { peer: server.address, state: "trusted", pin: rotated.pin },
      ],
    );
    const [client, ...others] = await printedJson<readonly ListedKey[]>(home, "trust", "list");
    assert.equal(client?.state, "trusted");
    assert.deepEqual(others, []);
  });

  it("is followed by a client that missed four rotations, and not by one that missed five", async () => {
    using home = new Home();
    const listen = ["--listen", `127.0.0.1:${await freePort()}`];
    const first = await startServe(home, listen);
    await runHere(home, ["connect", first.address], "anna\n");
    await first.stop();
    for (let count = 1; count <= 5; count++) {
      await printed(home, "identity", "rotate", "--server");
      if (count < 4) continue;
      await using server = await startServe(home, listen);
      const lost = openStore(home.knownServers);
      const before = (await keysIn(lost)).map(({ pin }) => pin);
      await lost.close();
      const copy = home.path(`known-${count}.db`);
      await printed(home, "store", "backup", copy, "--store", home.knownServers);
      const { code, stderr, stdout } = await runHere(home, ["connect", server.address], "anna\n");
      if (count === 4) assert.equal(stdout, "Hello, anna");
      else {
        assert.equal(code, 1);
        assert.match(stderr, /has another key than before/);
      }
      // As if it had not been there: back to what it knew.
      for (const suffix of ["-wal", "-shm"]) rmSync(`${home.knownServers}${suffix}`, { force: true });
      rmSync(home.knownServers);
      renameSync(copy, home.knownServers);
      assert.deepEqual(before, [first.pin]);
    }
  });

  it("leaves join tokens good that were made before, and later ones name the new key", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    const old = await printed(home, "token", "create", "anna");
    const { pin } = await printedJson<Row>(home, "identity", "rotate", "--server");
    await server.logged(({ event }) => event === "identity-changed");
    const token = await printedJson<Record<string, unknown>>(home, "token", "create", "bert");
    assert.equal(token["serverPin"], pin);
    const joined = await runHere(home, ["join", old.trim()]);
    assert.equal(joined.code, 0, joined.stderr);
    const next = await runHere(home, ["join", String(token["token"]), "--identity", "second"]);
    assert.equal(next.code, 0, next.stderr);
    const keys = await printedJson<readonly ListedKey[]>(home, "trust", "list");
    assert.deepEqual(
      keys.map(({ peer, state }) => `${peer} ${state}`),
      ["anna trusted", "bert trusted"],
    );
  });

  it("needs no restart for files that were given, and goes on with the old when the new cannot be used", async () => {
    using home = new Home();
    const [one, other] = [await makeClient(home, "one"), await makeClient(home, "other")];
    await using server = await startServe(home, ["--cert", one.cert, "--key", one.key]);
    assert.equal(server.pin, one.pin);
    writeFileSync(one.key, readFileSync(other.key));
    await server.logged(({ event }) => event === "error");
    assert.equal((await runHere(home, ["connect", server.address], "x\n")).stdout, "Hello, x");
    writeFileSync(one.cert, other.pem);
    const changed = await server.logged(({ event }) => event === "identity-changed");
    assert.equal(changed["pin"], other.pin);
  });

  it("rotates an encrypted key too: serve and the verb take its passphrase", async () => {
    using home = new Home();
    const withFile = ["--passphrase-file", passphraseFile(home)];
    await using server = await startServe(home, withFile);
    await failure(home, "identity", "rotate", "--server");
    const { pin, replaced, encrypted } = await printedJson<Row>(
      home,
      "identity",
      "rotate",
      "--server",
      ...withFile,
    );
    assert.deepEqual([replaced, encrypted], [server.pin, true]);
    assert.equal((await server.logged(({ event }) => event === "identity-changed"))["pin"], pin);
    await assert.rejects(startServe(home), /its key is encrypted/);
  });
});

describe("identity renew", () => {
  it("makes a new certificate over the same key, and no server notices", async () => {
    using home = new Home();
    await using server = await startServe(home);
    await runHere(home, ["connect", server.address], "anna\n");
    const before = await printedJson<Row>(home, "identity", "show");
    const events = await printed(home, "trust", "events", "--json");
    const renewed = await printedJson<Row>(home, "identity", "renew", "--days", "30");
    assert.equal(renewed.pin, before.pin);
    assert.notEqual(renewed.fingerprint, before.fingerprint);
    const days = (Date.parse(renewed.notAfter) - Date.now()) / (24 * 3600 * 1000);
    assert.ok(days > 29.9 && days < 30.1);
    assert.equal((await runHere(home, ["connect", server.address], "again\n")).stdout, "Hello, again");
    const line = await server.logged(({ event, renewed: isNew }) => event === "recognised" && isNew === true);
    assert.equal(line["pin"], before.pin);
    assert.equal(await printed(home, "trust", "events", "--json"), events);
  });
});

describe("identity renew --without-endorsements", () => {
  it("leaves out what clients such as Go's cannot read in the certificate of a rotated server", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const { pin } = await printedJson<Row>(home, "identity", "rotate", "--server");
    const endorsement = async (): Promise<Uint8Array | undefined> => {
      const [certificate] = certificatesFromPem(await printed(home, "identity", "export", "--server"));
      assert.ok(certificate !== undefined);
      return readCertificate(certificate).endorsement;
    };
    assert.ok((await endorsement()) !== undefined);
    const renew = ["identity", "renew", "--server", "--without-endorsements"];
    const { fingerprint } = await printedJson<Row>(home, ...renew);
    assert.equal(await endorsement(), undefined);
    const changed = await server.logged((entry) => entry["fingerprint"] === fingerprint);
    assert.deepEqual([changed.event, changed["pin"]], ["identity-changed", pin]);
  });
});

describe("an encrypted identity", () => {
  it("is made, shown, used, renewed and rotated with its passphrase file", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const file = passphraseFile(home);
    const withFile = ["--passphrase-file", file];
    const made = await printedJson<Row>(home, "identity", "create", "anna", ...withFile);
    assert.equal(made.encrypted, true);
    const path = home.path("handclasp", "identities", "anna.pem");
    const isEncrypted = (): boolean => readFileSync(path, "utf8").startsWith("-----BEGIN ENCRYPTED");
    assert.ok(isEncrypted());
    assert.equal((await printedJson<Row>(home, "identity", "show", "anna")).pin, made.pin);
    assert.equal((await printedJson<Row>(home, "identity", "show", "anna", ...withFile)).pin, made.pin);
    const [listed] = await printedJson<readonly Row[]>(home, "identity", "list");
    assert.deepEqual([listed?.pin, listed?.encrypted], [made.pin, true]);

    const connect = ["connect", server.address, "--identity", "anna"];
    const without = await runHere(home, connect, "x\n");
    assert.equal(without.code, 1);
    assert.match(
      without.stderr,
      /its key is encrypted \[ERR_HANDCLASP_PASSPHRASE\]\nhint: .*--passphrase-file/,
    );
    assert.equal((await runHere(home, [...connect, ...withFile], "x\n")).stdout, "Hello, x");

    await failure(home, "identity", "rotate", "anna");
    await failure(home, "identity", "renew", "anna");
    const wrong = passphraseFile(home, "battery staple\n");
    const refused = await failure(home, "identity", "rotate", "anna", "--passphrase-file", wrong);
    assert.match(refused.stderr, /this passphrase does not open its key/);
    await failure(home, "identity", "show", "anna", "--passphrase-file", wrong);
    assert.equal((await printedJson<Row>(home, "identity", "show", "anna")).pin, made.pin);

    await printed(home, "identity", "renew", "anna", ...withFile);
    const rotated = await printedJson<Row>(home, "identity", "rotate", "anna", ...withFile);
    assert.equal(rotated.replaced, made.pin);
    assert.ok(isEncrypted());
    assert.equal((await runHere(home, [...connect, ...withFile], "y\n")).stdout, "Hello, y");
    const [, key] = await printedJson<readonly ListedKey[]>(home, "trust", "list");
    assert.deepEqual([key?.pin, key?.source], [rotated.pin, "rotation"]);
  });

  it("wants a passphrase in the first line, and warns when everybody may read it", async () => {
    using home = new Home();
    const open = passphraseFile(home, "open to all\r\nsecond line", 0o644);
    const { code, stderr } = await runHere(home, ["identity", "create", "--passphrase-file", open]);
    assert.equal(code, 0);
    assert.match(stderr, /^warning: everybody may read .* \(644\): chmod 600 /);
    const sameLine = passphraseFile(home, "open to all");
    await printed(home, "identity", "show", "--passphrase-file", sameLine);
    for (const bad of ["", "\nsecond", "x".repeat(1025), "\ud800"]) {
      const args = ["identity", "create", "other", "--passphrase-file", passphraseFile(home, bad)];
      const refused = await failure(home, ...args);
      assert.match(refused.stderr, /ERR_HANDCLASP_PASSPHRASE/);
    }
    await failure(home, "identity", "create", "other", "--passphrase-file", home.path("nothing"));
    assert.equal(statSync(home.path("handclasp", "identities")).mode & 0o777, 0o700);
  });
});

describe("trust revoke of a key that was rotated", () => {
  it("lists the keys that it endorsed and that are still trusted", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const pins: string[] = [];
    for (const line of ["one\n", "two\n", "three\n"]) {
      const verb = pins.length === 0 ? "create" : "rotate";
      pins.push((await printedJson<Row>(home, "identity", verb)).pin);
      assert.equal((await runHere(home, ["connect", server.address], line)).code, 0);
    }
    const [first = "", , last = ""] = pins;
    const { keyId } = await printedJson<Row>(home, "identity", "show");
    const { code, stdout, stderr } = await runHere(home, ["trust", "revoke", first]);
    assert.equal(code, 0);
    assert.match(stdout, /^revoked /);
    assert.match(
      stderr,
      new RegExp(`^warning: a key that it endorsed stays trusted: .*${keyId}\n .*revoke ${keyId}\n$`),
    );
    assert.equal((await printed(home, "trust", "revoke", last)).split("\n").length, 2);
  });
});
