import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { runHere } from "../support/run-here.ts";
import { Home } from "../support/serve.ts";
import { makeClient } from "../support/tls-clients.ts";
import { failure, printed, printedJson } from "../support/trust.ts";

describe("trust add", () => {
  it("takes a certificate from stdin", async () => {
    using home = new Home();
    const { pem, pin } = await makeClient(home, "anna");
    const { code, stdout } = await runHere(
      home,
      ["trust", "add", "-", "--name", "Anna"],
      `some text\n${pem}`,
    );
    assert.deepEqual({ code, stdout }, { code: 0, stdout: `trusted  Anna  ${toKeyId(pin)}\n` });
  });

  it("refuses what is no certificate, and a chain", async () => {
    using home = new Home();
    const { cert, key, pem } = await makeClient(home, "anna");
    writeFileSync(home.path("chain.pem"), pem + pem);
    assert.match((await failure(home, "trust", "add", home.path("nothing"))).stderr, /cannot read .*nothing/);
    assert.match((await failure(home, "trust", "add", key)).stderr, /no certificate/);
    assert.match((await failure(home, "trust", "add", home.path("chain.pem"))).stderr, /2 certificates/);
    await printed(home, "trust", "add", cert);
  });

  it("fails for a name that another key has, until told what to do", async () => {
    using home = new Home();
    const [one, two] = [await makeClient(home, "anna"), await makeClient(home, "Anna", { file: "two" })];
    await printed(home, "trust", "add", one.cert);
    assert.match((await failure(home, "trust", "add", two.cert)).stderr, /ERR_HANDCLASP_CONFLICT/);
    assert.match(await printed(home, "trust", "add", two.cert, "--replace"), /^trusted .*\nretired .*\n$/);
  });
});

describe("trust import", () => {
  it("does every file it can, names those it cannot, and ends with 1", async () => {
    using home = new Home();
    mkdirSync(home.path("in"));
    const into = async (name: string, file: string): Promise<string> => {
      const { pem, pin } = await makeClient(home, name, { file });
      writeFileSync(home.path("in", `${file}.pem`), pem);
      return pin;
    };
    const [anna, ben] = [await into("anna", "a"), await into("ben", "d")];
    await into("ANNA", "b");
    writeFileSync(home.path("in", "c\n.pem"), "garbage");
    writeFileSync(home.path("in", "readme.txt"), "not looked at");
    const { code, stdout, stderr } = await runHere(home, ["trust", "import", home.path("in")]);
    assert.equal(code, 1);
    assert.equal(
      stdout,
      `trusted  anna  ${toKeyId(anna as never)}\ntrusted  ben  ${toKeyId(ben as never)}\n`,
    );
    assert.match(stderr, /^error: "b\.pem": the name "ANNA" is bound to another key.*\nhint: /m);
    assert.match(stderr, /^error: "c\\n\.pem": there is no certificate in this text.*\nhint: /m);
    assert.match(stderr, /^2 imported, 0 unchanged, 2 failed$/m);

    const again = await runHere(home, ["trust", "import", home.path("in"), "--json"]);
    const result = JSON.parse(again.stdout) as { imported: unknown[]; failed: Record<string, unknown>[] };
    assert.equal(result.imported.length, 2);
    assert.deepEqual(
      result.failed.map(({ file, code: why }) => [file, why]),
      [
        ["b.pem", "ERR_HANDCLASP_CONFLICT"],
        ["c\n.pem", "ERR_HANDCLASP_CERTIFICATE_MALFORMED"],
      ],
    );
    assert.doesNotMatch(again.stderr, /unchanged/);
    const third = await runHere(home, ["trust", "import", home.path("in")]);
    assert.match(third.stderr, /^0 imported, 2 unchanged, 2 failed$/m);
  });

  it("prints whole JSON of what it did when the store fails in between", async () => {
    using home = new Home();
    mkdirSync(home.path("in"));
    copyFileSync((await makeClient(home, "anna")).cert, home.path("in", "a.pem"));
    await runHere(home, ["trust", "import", home.path("in")]);
    const database = new DatabaseSync(home.store);
    database.exec("CREATE TRIGGER no BEFORE INSERT ON certificates BEGIN SELECT RAISE(FAIL, 'full'); END");
    database.close();
    const { code, stdout, stderr } = await runHere(home, ["trust", "import", home.path("in"), "--json"]);
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(stdout), { imported: [], failed: [] });
    assert.match(stderr, /ERR_HANDCLASP_STORE_WRITE/);
  });

  it("fails for a folder that is not there", async () => {
    using home = new Home();
    assert.match(
      (await failure(home, "trust", "import", home.path("nowhere"))).stderr,
      /cannot read the folder/,
    );
  });
});

describe("trust export", () => {
  it("writes KEYID.pem for every trusted key and nothing else, as often as it is run", async () => {
    using home = new Home();
    const [anna, ben] = [await makeClient(home, "anna"), await makeClient(home, "ben")];
    await printed(home, "trust", "add", anna.cert);
    await printed(home, "trust", "add", ben.cert);
    await printed(home, "trust", "revoke", "ben");
    const file = home.path("out", `${toKeyId(anna.pin)}.pem`);
    assert.equal(await printed(home, "trust", "export", home.path("out")), `${file}\n`);
    writeFileSync(home.path("out", "notes.txt"), "stay");
    assert.deepEqual(await printedJson(home, "trust", "export", home.path("out")), [{ pin: anna.pin, file }]);
    assert.equal(readFileSync(file, "utf8"), anna.pem);
    assert.deepEqual(readdirSync(home.path("out")).toSorted(), [`${toKeyId(anna.pin)}.pem`, "notes.txt"]);
  });

  it("never overwrites a file that it did not write", async () => {
    using home = new Home();
    const [anna, ben] = [await makeClient(home, "anna"), await makeClient(home, "ben")];
    await printed(home, "trust", "add", anna.cert);
    mkdirSync(home.path("out"));
    const file = home.path("out", `${toKeyId(anna.pin)}.pem`);
    writeFileSync(file, ben.pem);
    assert.match(
      (await failure(home, "trust", "export", home.path("out"))).stderr,
      /is not ours; nothing was written/,
    );
    assert.equal(readFileSync(file, "utf8"), ben.pem);

    mkdirSync(home.path("links"));
    symlinkSync(anna.cert, home.path("links", `${toKeyId(anna.pin)}.pem`));
    await failure(home, "trust", "export", home.path("links"));
  });

  it("writes nothing where one of many files is not ours", async () => {
    using home = new Home();
    const clients = [
      await makeClient(home, "anna"),
      await makeClient(home, "ben"),
      await makeClient(home, "cleo"),
    ];
    for (const { cert } of clients) await printed(home, "trust", "add", cert);
    for (const [number, { pin }] of clients.entries()) {
      const name = `${toKeyId(pin)}.pem`;
      const folder = home.path(`out-${number}`);
      mkdirSync(join(folder, name), { recursive: true });
      const { stdout, stderr } = await failure(home, "trust", "export", folder);
      assert.equal(stdout, "");
      assert.match(stderr, /is not ours; nothing was written/);
      assert.deepEqual(readdirSync(folder), [name]);
    }
  });

  it("can be imported elsewhere", async () => {
    using home = new Home();
    await printed(home, "trust", "add", (await makeClient(home, "anna")).cert);
    await printed(home, "trust", "export", home.path("out"));
    const other = ["--store", home.path("other.db")];
    await runHere(home, ["trust", "import", home.path("out"), ...other]);
    const [key] = await printedJson(home, "trust", "list", ...other);
    assert.equal(key?.["peer"], "anna");
  });
});
