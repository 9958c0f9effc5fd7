import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { describe, it } from "node:test";
import { ERROR_CODES } from "../../src/errors.ts";
import { alertOf } from "../../src/trust/judging/alerts.ts";
import { CUT_REASONS } from "../../src/trust/happenings/cut-reason.ts";
import { CHANNELS } from "../../src/guard/channels.ts";
import { ALERTS, type AlertName } from "../../src/tls/code-points/alert.ts";
import * as handclasp from "../../src/index.ts";
import * as testing from "../../src/testing/index.ts";
import type { TrustEventType } from "../../src/trust/records/events.ts";
import type { RefusalReason } from "../../src/trust/records/verdict.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const AT_ROOT = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];

/** Complete, or it does not compile. */
const REASONS: Readonly<Record<RefusalReason, true>> = {
  "no-certificate": true,
  "malformed-certificate": true,
  "unsupported-key": true,
  revoked: true,
  retired: true,
  expired: true,
  "not-yet-valid": true,
  "key-changed": true,
  "name-changed": true,
  unknown: true,
  pending: true,
  ignored: true,
  "rate-limited": true,
  "token-invalid": true,
  "not-allowed": true,
  "store-unavailable": true,
};
const EVENTS: Readonly<Record<TrustEventType, true>> = {
  met: true,
  approved: true,
  imported: true,
  "name-approved": true,
  renamed: true,
  revoked: true,
  ignored: true,
  "set-aside": true,
  undone: true,
  noted: true,
  retired: true,
  forgotten: true,
  "stale-key-seen": true,
  joined: true,
  rotated: true,
  "token-created": true,
  "token-cancelled": true,
  "api-token-created": true,
  "api-token-cancelled": true,
  "token-refused": true,
  "endorsement-refused": true,
  "group-added": true,
  "group-removed": true,
  "first-use-opened": true,
  "first-use-closed": true,
  "branch-left": true,
  "put-back": true,
  restored: true,
};

interface Page {
  readonly path: string;
  readonly text: string;
}

function pages(): readonly Page[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  const paths = [
    ...AT_ROOT,
    ...docs.filter((path) => path.endsWith(".md")).map((path) => join("docs", path)),
  ];
  return paths.map((path) => ({ path, text: read(path) }));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The first cells of the table rows under a heading, without backticks. */
function firstCells(text: string, heading: string): readonly string[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return Array.from(section.matchAll(/^\| `([^`|]+)` \|/gm), ([, cell = ""]) => cell);
}

describe("the documentation", () => {
  it("quotes every example exactly", () => {
    const quoted = pages().flatMap(({ text }) =>
      Array.from(text.matchAll(/^```\w+ ([\w./-]+)\n(.*?)^```$/gms), ([, file = "", code = ""]) => {
        assert.equal(code, read(file), file);
        return file;
      }),
    );
    const examples = readdirSync(join(ROOT, "examples"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
    assert.deepEqual(
      examples.filter((file) => !quoted.includes(file)),
      [],
    );
  });

  it("names no file of ours that is not there", () => {
    const missing = pages().flatMap(({ path, text }) =>
      Array.from(text.matchAll(/`((?:src|test|scripts|benchmark)\/[\w./-]+\.ts)`/g), ([, file = ""]) => file)
        .filter((file) => !file.includes("NAME") && !existsSync(join(ROOT, file)))
        .map((file) => `${path}: ${file}`),
    );
    assert.deepEqual(missing, []);
  });

  it("shows or links every client of the interop tests", () => {
    const guide = pages().filter(({ path }) => path.startsWith(join("docs", "guide")));
    const hidden = readdirSync(join(ROOT, "test/interop/clients")).filter((file) => {
      const path = `test/interop/clients/${file}`;
      return !guide.some(({ text }) => text.includes(` ${path}\n`) || text.includes(`../../${path})`));
    });
    assert.deepEqual(hidden, []);
  });

  it("links to nothing that is not there", () => {
    const broken = pages().flatMap(({ path, text }) =>
      Array.from(text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g), ([, target = ""]) => target)
        .filter((target) => !exists(resolve(ROOT, path, "..", target)))
        .map((target) => `${path}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it("names only files in ARCHITECTURE.md that are there", () => {
    const sources = ["src", "web"].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }),
    );
    const names = Array.from(
      read("ARCHITECTURE.md").matchAll(/`([\w./-]+\.(?:tsx?|md)|(?:src|test|docs|web)\/[\w./-]+)`/g),
      ([, name = ""]) => name,
    );
    const isThere = (name: string): boolean =>
      ["", "docs"].some((folder) => exists(join(ROOT, folder, name))) ||
      sources.some((source) => `/${source}`.endsWith(`/${name}`));
    assert.ok(names.length > 100);
    assert.deepEqual(
      names.filter((name) => !isThere(name)),
      [],
    );
  });

  it("names in the reference all that the package exports", () => {
    const reference = pages().filter(({ path }) => path.startsWith(join("docs", "reference")));
    const isNamed = (name: string): boolean => {
      const asExport = new RegExp(`(?:^## |\`)${name}\\b`, "m");
      return reference.some(({ text }) => asExport.test(text));
    };
    assert.deepEqual(
      [...Object.keys(handclasp), ...Object.keys(testing)].filter((name) => !isNamed(name)),
      [],
    );
  });

  it("numbers decisions as their files are", () => {
    const decisions = pages().filter(({ path }) => path.startsWith(join("docs", "decisions")));
    assert.ok(decisions.length > 30);
    for (const { path, text } of decisions) {
      const number = basename(path).slice(0, 4);
      assert.ok(text.startsWith(`# ${number}: `), `${path}: ${text.split("\n", 1)[0]}`);
    }
  });

  it("has the alert of every refusal in both TLS versions, as it is sent", () => {
    const rows = Array.from(
      read("docs/reference/refusals.md").matchAll(/^\| `([a-z-]+)` \| `(\w+)` (\d+) \| `(\w+)` (\d+) \|/gm),
      ([, reason = "", newer = "", newerCode = "", older = "", olderCode = ""]) => {
        return [reason, [newer, Number(newerCode), older, Number(olderCode)]] as const;
      },
    );
    const sent = (Object.keys(REASONS) as RefusalReason[]).map((reason) => {
      return [reason, [...named(alertOf(reason, "TLSv1.3")), ...named(alertOf(reason, "TLSv1.2"))]] as const;
    });
    assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(sent));
  });

  it("has every type of event and every channel", () => {
    const text = read("docs/reference/events.md");
    assert.deepEqual(firstCells(text, "Events").toSorted(), Object.keys(EVENTS).toSorted());
    const channels = Object.values(CHANNELS).map(({ name }) => String(name));
    assert.deepEqual(firstCells(text, "Channels").toSorted(), channels.toSorted());
  });

  it("says why connections are cut, for each reason", () => {
    const reasons = firstCells(read("docs/reference/events.md"), "Why a connection was cut");
    assert.deepEqual(reasons, CUT_REASONS);
  });

  it("names no error code that does not exist", () => {
    const unknown = pages().flatMap(({ path, text }) =>
      Array.from(text.matchAll(/ERR_HANDCLASP_\w*[A-Z]\b/g), ([code]) => code)
        .filter((code) => !(code in ERROR_CODES) && !text.includes(`${code}_*`))
        .map((code) => `${path}: ${code}`),
    );
    assert.deepEqual(unknown, []);
  });
});

function named(name: AlertName): readonly [string, number] {
  return [name, ALERTS[name]];
}

function exists(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOTDIR";
  }
}
