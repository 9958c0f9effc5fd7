import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PACKAGING = join(import.meta.dirname, "../../packaging");
const UNITS = ["handclasp-gateway.service", "handclasp-gateway.socket", "handclasp-authorizer.service"];
/** What our units mention of systemd's own. */
const TARGETS = ["sysinit", "basic", "shutdown", "sockets", "network-online", "multi-user"];
/** In tenths: `systemd-analyze security` says 1.4. */
const MOST_EXPOSURE = 14;

function analyze(...args: readonly string[]): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  return { code: status, said: stdout + stderr };
}

const skip = spawnSync("systemd-analyze", ["--version"]).status === 0 ? false : "no systemd-analyze";

describe("what packaging/ has for systemd", { skip }, () => {
  const root = temporaryFolder();

  it("are units that systemd takes without a complaint", () => {
    const programs = join(root, "usr/bin");
    const ours = join(root, "etc/systemd/system");
    const theirs = join(root, "usr/lib/systemd/system");
    for (const folder of [programs, ours, theirs, join(root, "bin")]) mkdirSync(folder, { recursive: true });
    for (const program of [join(programs, "handclasp"), join(root, "bin/kill")]) {
      writeFileSync(program, "");
      chmodSync(program, 0o755);
    }
    for (const target of TARGETS) writeFileSync(join(theirs, `${target}.target`), "[Unit]\n");
    for (const unit of UNITS) copyFileSync(join(PACKAGING, unit), join(ours, unit));
    const paths = UNITS.map((unit) => `/etc/systemd/system/${unit}`);
    assert.deepEqual(analyze("verify", `--root=${root}`, ...paths), { code: 0, said: "" });
    writeFileSync(join(ours, "handclasp-gateway.socket"), "[Socket]\nListenStream=1\nNoDelai=yes\n");
    assert.match(analyze("verify", `--root=${root}`, ...paths).said, /Unknown key 'NoDelai'/);
  });

  for (const service of UNITS.filter((unit) => unit.endsWith(".service"))) {
    it(`leaves ${service} little that it could do`, () => {
      const limit = `--threshold=${MOST_EXPOSURE}`;
      const unit = join(PACKAGING, service);
      const { code, said } = analyze("security", "--offline=true", "--no-pager", limit, unit);
      assert.equal(code, 0, said);
    });
  }
});
