import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { CommandsJson } from "../../src/admin/schemas/acts.ts";
import { OpenAdmin } from "./support/open-admin.ts";

const HOSTILE = [
  'it\'s $(touch x) `touch x` "z"\\ ; touch x & | > x * ~ # !x',
  "'; touch x; '",
  "'\\''$(touch x)",
  "\n touch x\n",
  "\u001b[201~\ntouch x\n",
  "@/etc/passwd",
  "-K/etc/passwd",
  "[1-9]{a,b}/../../v1/api-tokens?#%2f",
  "\ud800\u202e",
  "$HANDCLASP_TOKEN",
];

const folder = mkdtempSync(join(tmpdir(), "handclasp-curl-"));
after(() => rmSync(folder, { recursive: true }));

/** What a shell hands to curl. */
function words(line: string): readonly string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${line}\n`;
  const env = { PATH: process.env["PATH"], HANDCLASP_TOKEN: "hca1.secret" };
  const text = execFileSync("/bin/sh", ["-c", script], { cwd: folder, env, encoding: "utf8" });
  return text.split("\0").slice(0, -1);
}

describe("the curl that is shown beside an act", () => {
  it("is the request in any shell, whatever names are in it, and has no token in it", async () => {
    await using api = await OpenAdmin.open();
    const headers = await api.signIn();
    for (const text of HOSTILE) {
      for (const act of [
        { act: "approve", key: text, name: text, onConflict: "add" },
        { act: "rename", key: text, peer: text },
        { act: "note", key: text, text },
        { act: "add-to-group", group: text, key: text },
        { act: "cancel-token", id: text },
        { act: "create-token", peer: text, from: text, server: [text] },
      ]) {
        const { status, body } = await api.ask<CommandsJson>("/v1/commands", {
          method: "POST",
          body: act,
          headers,
        });
        assert.equal(status, 200, JSON.stringify(body));
        assert.doesNotMatch(body.curl, /[^\x20-\x7e]|hcs1|hca1/);
        const said = words(body.curl);
        assert.ok(said.includes("Authorization: Bearer hca1.secret"));
        const data = JSON.parse(said[said.indexOf("-d") + 1] ?? "null") as Record<string, unknown>;
        for (const [name, value] of Object.entries(act)) {
          if (name in data) assert.deepEqual(data[name], value);
        }
        const { origin, pathname, search, hash } = new URL(said.at(-1) ?? "");
        assert.equal(origin, api.origin);
        assert.match(
          pathname,
          /^\/v1\/(?:keys\/[^/[\]{}]+\/(?:approve|rename|note)|groups\/add|tokens(?:\/[^/[\]{}]+\/cancel)?)$/,
        );
        assert.equal(search + hash, "");
      }
    }
    assert.deepEqual(readdirSync(folder), []);
  });
});
