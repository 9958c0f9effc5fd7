import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Home } from "./support/serve.ts";
import { runMany } from "./support/run-many.ts";
import { makeClient } from "./support/tls-clients.ts";

const MARK = "\uFEFF";

describe("a byte order mark", () => {
  it("is no part of a passphrase, a certificate, a key or a configuration", async () => {
    using home = new Home();
    const ada = await makeClient(home, "ada");
    const [plain, marked, wide] = [home.path("plain"), home.path("marked"), home.path("wide")];
    for (const [file, text] of [
      [plain, "correct horse\n"],
      [marked, `${MARK}correct horse\r\n`],
      [ada.cert, MARK + ada.pem],
      [ada.key, MARK + readFileSync(ada.key, "utf8")],
    ] as const)
      writeFileSync(file, text, { mode: 0o600 });
    writeFileSync(wide, Buffer.from(`${MARK}correct horse`, "utf16le"), { mode: 0o600 });
    const config = home.path("gateway.toml");
    writeFileSync(
      config,
      `${MARK}[[listener]]\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:1"\ncert = "${ada.cert}"\nkey = "${ada.key}"\ntrust_ca = "${ada.cert}"\n`,
    );
    const ran = await runMany(home, [
      ["identity", "create", "locked", "--passphrase-file", marked],
      ["identity", "rotate", "locked", "--passphrase-file", plain],
      ["identity", "import", ada.key, ada.cert, "imported"],
      ["trust", "add", ada.cert],
      ["check-config", config],
    ]);
    for (const { args, code, stderr } of ran) assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    const [refused] = await runMany(home, [["identity", "create", "b", "--passphrase-file", wide]]);
    assert.match(refused?.stderr ?? "", /no passphrase in .*wide: it is in UTF-16.*ERR_HANDCLASP_PASSPHRASE/);
  });
});
