import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { loadPageFiles } from "../../src/cli/admin/page-files.ts";

const KIB = 1000;

describe("the page's files", async () => {
  const files = await loadPageFiles();
  const document = new TextDecoder().decode(files.get("/")?.bytes);

  it("begin with a document whose script and style are there, by names of their content", () => {
    const named = Array.from(document.matchAll(/(?:src|href)="([^"]+)"/g), ([, path = ""]) => path);
    assert.ok(named.length >= 3, document);
    for (const path of named) {
      assert.match(path, /^\/assets\/[\w-]+-[A-Z0-9]{8}\.(?:js|css|svg)$/);
      assert.ok(files.has(path), path);
    }
  });

  it("have nothing inline that a content security policy would have to allow", () => {
    assert.doesNotMatch(document, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
  });

  it("are the same in each encoding", () => {
    for (const { bytes, gzip } of files.values()) assert.ok(gunzipSync(gzip).equals(bytes));
  });

  it("are at most 60 kB of script before anything is clicked, and 120 kB altogether, compressed", () => {
    const first = Array.from(files).filter(([path]) => path.endsWith(".js") && document.includes(path));
    const size = (of: readonly (typeof first)[number][]): number =>
      of.reduce((sum, [, { gzip }]) => sum + gzip.length, 0);
    assert.ok(size(first) <= 60 * KIB, `${size(first)} bytes of script`);
    assert.ok(size(Array.from(files)) <= 120 * KIB, `${size(Array.from(files))} bytes`);
  });
});
