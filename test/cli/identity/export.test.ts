import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { runHere } from "../support/run-here.ts";
import { Home, startServe } from "../support/serve.ts";
import { makeClient, openssl } from "../support/tls-clients.ts";
import { factsOfPem, failure, printed, printedJson } from "../support/trust.ts";

const PASSPHRASE = "correct horse!";

function inFile(home: Home, text = PASSPHRASE): string {
  const path = home.path(`passphrase-${text.length}`);
  writeFileSync(path, `${text}\n`);
  chmodSync(path, 0o600);
  return path;
}

function has(program: string): boolean {
  return spawnSync(program, ["--help"], { stdio: "ignore" }).error === undefined;
}

describe("identity import", () => {
  it("keeps a key and a certificate that were made elsewhere", async () => {
    using home = new Home();
    const client = await makeClient(home, "anna");
    const args = ["identity", "import", client.key, client.cert, "anna"];
    const row = await printedJson<Record<string, unknown>>(home, ...args);
    assert.deepEqual([row["name"], row["pin"], row["encrypted"]], ["anna", client.pin, false]);
    const file = home.path("handclasp", "identities", "anna.pem");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await using server = await startServe(home);
    const { stdout } = await runHere(home, ["connect", server.address, "--identity", "anna"], "hi\n");
    assert.equal(stdout, "Hello, hi");
    assert.equal((await server.logged(({ event }) => event === "met"))["pin"], client.pin);
  });

  it("takes both from one file, with words between, and from stdin", async () => {
    using home = new Home();
    const client = await makeClient(home, "anna");
    const both = home.path("both.pem");
    writeFileSync(
      both,
      `Bag Attributes\n${client.pem}\nKey Attributes: <none>\n${readFileSync(client.key, "utf8")}`,
    );
    await printed(home, "identity", "import", both, both, "one");
    const { code, stderr } = await home.run(
      ["identity", "import", "-", "-", "two"],
      readFileSync(both, "utf8"),
    );
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const saved = readFileSync(home.path("handclasp", "identities", "two.pem"), "utf8");
    assert.doesNotMatch(saved, /Attributes/);
  });

  it("opens an encrypted key, and keeps it encrypted", async () => {
    using home = new Home();
    const client = await makeClient(home, "anna");
    const encrypted = home.path("encrypted.pem");
    const passout = ["-passout", `pass:${PASSPHRASE}`];
    execFileSync("openssl", ["pkcs8", "-topk8", "-scrypt", "-in", client.key, "-out", encrypted, ...passout]);
    const args = ["identity", "import", encrypted, client.cert, "anna"];
    const without = await failure(home, ...args);
    assert.match(without.stderr, /its key is encrypted/);
    await failure(home, ...args, "--passphrase-file", inFile(home, "wrong"));
    const row = await printedJson<Record<string, unknown>>(home, ...args, "--passphrase-file", inFile(home));
    assert.deepEqual([row["pin"], row["encrypted"]], [client.pin, true]);
  });

  it("replaces nothing, and takes nothing that does not belong together", async () => {
    using home = new Home();
    const [anna, bert] = [await makeClient(home, "anna"), await makeClient(home, "bert")];
    await printed(home, "identity", "import", anna.key, anna.cert, "anna");
    await failure(home, "identity", "import", bert.key, bert.cert, "anna");
    const mixed = await failure(home, "identity", "import", anna.key, bert.cert, "mixed");
    assert.match(mixed.stderr, /its key does not belong to its certificate/);
    const noKey = await failure(home, "identity", "import", anna.cert, anna.cert, "x");
    assert.match(noKey.stderr, /there is no private key in/);
    await failure(home, "identity", "import", anna.key, anna.key, "x");
    await failure(home, "identity", "import", home.path("nothing"), anna.cert, "x");
  });
});

describe("identity export", () => {
  it("prints the certificate, and the key only when it is told to, with a warning", async () => {
    using home = new Home();
    const { pin } = await printedJson<{ pin: string }>(home, "identity", "create");
    const pem = await printed(home, "identity", "export");
    assert.equal(factsOfPem(pem).pin, pin);
    assert.doesNotMatch(pem, /PRIVATE/);
    const { stdout, stderr } = await runHere(home, ["identity", "export", "--include-private-key"]);
    assert.match(stderr, /^warning: /);
    assert.equal(factsOfPem(stdout).pin, pin);
    assert.equal(createPrivateKey(stdout).asymmetricKeyType, "ec");
    const json = await printedJson<Record<string, string>>(home, "identity", "export");
    assert.deepEqual(Object.keys(json), ["name", "certificate"]);
    assert.equal(json["certificate"], pem);
  });

  it("keeps an encrypted key encrypted, and exports the certificate without its passphrase", async () => {
    using home = new Home();
    const withFile = ["--passphrase-file", inFile(home)];
    const { pin } = await printedJson<{ pin: string }>(home, "identity", "create", ...withFile);
    assert.equal(factsOfPem(await printed(home, "identity", "export")).pin, pin);
    await failure(home, "identity", "export", "--include-private-key");
    await failure(home, "identity", "export", "--p12", home.path("out.p12"));
    const pem = await printed(home, "identity", "export", "--include-private-key", ...withFile);
    assert.match(pem, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    assert.equal(createPrivateKey({ key: pem, passphrase: PASSPHRASE }).type, "private");
  });

  it("exports what the server shows, for clients to pin", async () => {
    using home = new Home();
    await using server = await startServe(home);
    assert.equal(factsOfPem(await printed(home, "identity", "export", "--server")).pin, server.pin);
    assert.match(await printed(home, "identity", "show", "--server"), new RegExp(server.keyId));
  });

  it("does not take options together that contradict each other", async () => {
    using home = new Home();
    await printed(home, "identity", "create");
    const p12 = ["--p12", home.path("out.p12")];
    assert.equal((await runHere(home, ["identity", "export", ...p12, "--include-private-key"])).code, 2);
    assert.equal((await runHere(home, ["identity", "export", "--p12-passphrase-file", "x"])).code, 2);
  });
});

const P12_TYPES = ["p256", "ed25519", "rsa"] as const;

describe("identity export --p12", () => {
  // Written once: each costs three times 600 000 rounds, and so does whoever reads it.
  const shared = new Home();
  const pins = new Map<string, string>();
  const fileOf = (type: (typeof P12_TYPES)[number]): string => shared.path(`${type}.p12`);
  before(async () => {
    for (const type of P12_TYPES) {
      const { pin } = await printedJson<{ pin: string }>(shared, "identity", "create", type, "--type", type);
      pins.set(type, pin);
      const to = ["--p12", fileOf(type), "--p12-passphrase-file", inFile(shared)];
      assert.equal(await printed(shared, "identity", "export", type, ...to), `wrote ${fileOf(type)}\n`);
    }
  });
  after(() => shared[Symbol.dispose]());

  it("writes what OpenSSL reads, by no older cryptography than PBES2 and SHA-256", () => {
    for (const type of P12_TYPES) {
      const file = fileOf(type);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const read = ["pkcs12", "-in", file, "-passin", `pass:${PASSPHRASE}`];
      const { stdout: pem, stderr: info } = spawnSync("openssl", [...read, "-nodes", "-info"], {
        encoding: "utf8",
      });
      assert.equal(factsOfPem(pem).pin, pins.get(type));
      assert.match(pem, new RegExp(`friendlyName: ${type}`));
      assert.equal(
        createPrivateKey(/-----BEGIN PRIVATE[^]*END PRIVATE KEY-----/.exec(pem)?.[0] ?? "").type,
        "private",
      );
      assert.match(info, /MAC: sha256, Iteration 600000/);
      assert.equal(
        info.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256/g)?.length,
        2,
      );
      const wrong = spawnSync("openssl", [...read.slice(0, -1), "pass:wrong", "-noout"], {
        encoding: "utf8",
      });
      assert.match(wrong.stderr, /invalid password/);
    }
  });

  it("makes a passphrase when none is given, and prints it", async () => {
    using home = new Home();
    await printed(home, "identity", "create");
    const file = home.path("out.p12");
    const made = await printedJson<Record<string, string>>(home, "identity", "export", "--p12", file);
    assert.match(made["passphrase"] ?? "", /^[\w-]{20}$/);
    execFileSync("openssl", ["pkcs12", "-in", file, "-passin", `pass:${made["passphrase"]}`, "-noout"]);
    const written = readFileSync(file);
    const again = await failure(home, "identity", "export", "--p12", file);
    assert.match(again.stderr, /hint: a file that is there is not replaced/);
    assert.deepEqual(readFileSync(file), written);
    assert.match(
      await printed(home, "identity", "export", "--p12", home.path("2.p12")),
      /its passphrase: [\w-]{20}\n/,
    );
  });

  it("takes no passphrase that programs would read differently", async () => {
    using home = new Home();
    await printed(home, "identity", "create");
    const args = ["--p12", home.path("out.p12"), "--p12-passphrase-file", inFile(home, "größer")];
    const { stderr } = await failure(home, "identity", "export", ...args);
    assert.match(stderr, /must be ASCII/);
  });

  it("carries what signed the certificate, and is a client's identity elsewhere", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "accept"]);
    const client = await makeClient(home, "anna");
    const ca = await makeClient(home, "ca");
    const chain = home.path("chain.pem");
    writeFileSync(chain, client.pem + ca.pem);
    await printed(home, "identity", "import", client.key, chain, "anna");
    const file = home.path("anna.p12");
    await printed(home, "identity", "export", "anna", "--p12", file, "--p12-passphrase-file", inFile(home));
    const all = home.path("all.pem");
    const passin = ["-passin", `pass:${PASSPHRASE}`];
    execFileSync("openssl", ["pkcs12", "-in", file, "-nodes", "-out", all, ...passin]);
    assert.equal(readFileSync(all, "utf8").match(/BEGIN CERTIFICATE/g)?.length, 2);
    const { stdout } = await openssl(server.port, { cert: all, key: all }, "anna\n");
    assert.match(stdout, /Hello, anna/);
  });

  for (const type of ["p256", "rsa"] as const) {
    it(`writes ${type} as older systems want it when it is told to, and says that this is weaker`, async () => {
      const file = shared.path(`${type}-compatible.p12`);
      const args = ["--p12", file, "--p12-passphrase-file", inFile(shared), "--compatible"];
      const { code, stderr } = await runHere(shared, ["identity", "export", type, ...args]);
      assert.equal(code, 0);
      assert.match(stderr, /^warning: --compatible encrypts weakly: [^\n]*\n$/);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const read = ["pkcs12", "-in", file, "-passin", `pass:${PASSPHRASE}`, "-nodes", "-info"];
      for (const providers of [[], ["-legacy"]]) {
        const { stdout, stderr: info } = spawnSync("openssl", [...read, ...providers], { encoding: "utf8" });
        assert.equal(factsOfPem(stdout).pin, pins.get(type));
        assert.match(stdout, /BEGIN PRIVATE KEY/);
        assert.match(info, /MAC: sha1, Iteration 2048\nMAC length: 20, salt length: 8/);
        assert.equal(info.match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/g)?.length, 2);
      }
      if (has("keytool")) assert.match(listedByKeytool(file), new RegExp(`${type}, .*PrivateKeyEntry`));
      if (has("pk12util")) assert.match(importedByNss([file]), new RegExp(`^${type} +u,u,u$`, "m"));
    });
  }

  it("says which keys older systems do not know, and that --compatible is for --p12", async () => {
    const file = shared.path("ed25519-compatible.p12");
    const args = ["--p12", file, "--p12-passphrase-file", inFile(shared), "--compatible"];
    const { stderr } = await runHere(shared, ["identity", "export", "ed25519", ...args]);
    assert.match(stderr, /older systems know no ed25519 keys/);
    const without = await runHere(shared, ["identity", "export", "p256", "--compatible"]);
    assert.deepEqual([without.code, without.stdout], [2, ""]);
  });

  it("is imported by Java's keytool", { skip: !has("keytool") && "no keytool here" }, () => {
    assert.match(listedByKeytool(fileOf("p256")), /p256, .*PrivateKeyEntry/);
  });

  it(
    "is imported by NSS, as Firefox and Chromium do it",
    { skip: !has("pk12util") && "no pk12util here" },
    () => {
      const types = ["p256", "rsa"] as const;
      const listed = importedByNss(types.map(fileOf));
      for (const type of types) assert.match(listed, new RegExp(`^${type} +u,u,u$`, "m"));
    },
  );
});

function listedByKeytool(file: string): string {
  const args = ["-list", "-keystore", file, "-storepass", PASSPHRASE];
  return execFileSync("keytool", args, { encoding: "utf8", stdio: "pipe" });
}

function importedByNss(files: readonly string[]): string {
  using home = new Home();
  const database = home.path("nss");
  mkdirSync(database);
  execFileSync("certutil", ["-N", "-d", `sql:${database}`, "--empty-password"]);
  for (const file of files) {
    const args = ["-i", file, "-d", `sql:${database}`, "-w", inFile(home)];
    execFileSync("pk12util", args, { stdio: "pipe" });
  }
  return execFileSync("certutil", ["-L", "-d", `sql:${database}`], { encoding: "utf8" });
}
