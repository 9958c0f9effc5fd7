import assert from "node:assert/strict";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, it } from "node:test";

const ROOT = resolve(import.meta.dirname, "..");
const SRC = join(ROOT, "src");

/** Which folders of src a folder may import, types among it. Those of `OPEN_TO_ALL` are open to all, and import none. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  bytes: [],
  tls: ["bytes"],
  x509: [],
  capture: ["tls"],
  trust: ["x509"],
  explain: ["tls", "x509", "trust"],
  operator: ["trust", "x509", "explain"],
  admission: ["trust", "x509"],
  authorizer: ["admission", "trust", "x509"],
  admin: ["trust", "operator"],
  store: ["client", "trust", "x509"],
  guard: ["admission", "trust", "tls", "x509"],
  client: ["trust", "tls", "x509"],
  gateway: ["guard", "client", "trust", "x509"],
  cli: "capture tls x509 trust explain operator admission authorizer admin store guard client gateway".split(
    " ",
  ),
  testing: ["trust", "x509", "operator", "store", "guard", "client"],
};

const OPEN_TO_ALL: ReadonlySet<string> = new Set([
  "remedy.ts",
  "data-folder.ts",
  "duration.ts",
  "deadline.ts",
  "errors.ts",
  "check-options.ts",
  "bounded-map.ts",
  "session-cookie.ts",
  "needs-node.ts",
  "node-version.ts",
  "node-sqlite.ts",
  "version.ts",
]);

/** Packages and Node modules that do input or output, or read a clock: not for these folders. */
const PURE = ["bytes", "capture", "tls", "x509", "trust", "explain", "operator", "admission"];
const IMPURE =
  /^(?:node:)?(?:fs|net|tls|http|https|http2|dgram|child_process|worker_threads|os|process|timers)(?:\/|$)/;
const READS_CLOCK = /\bDate\.now\(\)|new Date\(\)|performance\.now\(\)|process\.hrtime/;

/** By a whole key, or a count. */
const ONE_ROW =
  /WHERE (?:pin|id|name|sequence) = \?$|WHERE name_key = \? AND group_key = \?$|^SELECT count\(\*\)|FROM key_versions LIMIT 1$/;
/** Ends with what no two rows have in common, but for limits. */
const IN_ORDER =
  /ORDER BY (?:first_seen IS NULL, )?(?:first_seen, )?(?:pin|id|group_key|name_key|sequence(?: DESC)?|number DESC)\b(?!,)/;

/** Packages that one file alone may import. */
const ONE_PLACE = ["canonicalize", "postgres"];

/** A function that is written where it is assigned to a property. */
const ASSIGNED_FUNCTION =
  /([\w\])!]+)\.#?\w+\s*(?:\?\?|\|\|)?=(?![=>])\s*(?:async\s*)?(?:function\b|\w+\s*=>|\((?:[^()]|\([^()]*\))*\)\s*(?::[^={;]+)?=>)/g;

/** Names of protocols, which read like commands. */
const NO_COMMAND: ReadonlySet<string> = new Set([
  'sessionIdContext: "handclasp gateway",',
  'const CONTEXT = Buffer.from("handclasp join v1");',
]);

interface Source {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** At run time, as they are written. */
  readonly imports: readonly string[];
  /** Files of src, those of which it has types alone among them. */
  readonly knows: readonly string[];
}

function readSources(): readonly Source[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.map((file) => {
    const text = readFileSync(join(SRC, file), "utf8");
    const statements = text.matchAll(
      /^(?:import|export)\s+(type\b)?(?:[^;]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm,
    );
    const found = Array.from(statements, ([, type, statically, lazily]) => ({
      name: statically ?? lazily ?? "",
      isType: type !== undefined,
    }));
    const imports = found.filter(({ isType }) => !isType).map(({ name }) => name);
    const known = found.map(({ name }) => name).filter((name) => name.startsWith("."));
    const folder = file.includes("/") ? (file.split("/")[0] ?? "") : "";
    return { path: file, folder, text, imports, knows: known.map((name) => targetFrom(file, name)) };
  });
}

const SOURCES = readSources();

function targetFrom(path: string, specifier: string): string {
  return relative(SRC, resolve(SRC, dirname(path), specifier));
}

function targetOf({ path }: Source, specifier: string): string {
  return targetFrom(path, specifier);
}

/** Throws with the first circle that one comes to by going on from any of the nodes. */
function assertNoCircle(nodes: Iterable<string>, next: (node: string) => Iterable<string>): void {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): void => {
    const at = trail.indexOf(node);
    assert.equal(at, -1, `circle: ${[...trail.slice(at), node].join(" -> ")}`);
    if (done.has(node)) return;
    for (const each of next(node)) visit(each, [...trail, node]);
    done.add(node);
  };
  for (const node of nodes) visit(node, []);
}

describe("architecture", () => {
  it("leaves the mode of no folder and no file of ours to the umask", () => {
    const makes = /\b(?:mkdirSync|writeFileSync|openSync)\(([^;]*?)\);/g;
    const isReadOrOpen = /^\s*\w+,\s*"r"|^\s*(?:handle|file)\b/;
    for (const { path, text } of SOURCES) {
      for (const [call, args = ""] of text.matchAll(makes)) {
        if (!isReadOrOpen.test(args)) assert.match(args, /mode: 0o|, 0o\d/, `${path}: ${call}`);
      }
    }
  });

  it("has sources to look at, each in a folder with rules", () => {
    assert.ok(SOURCES.length > 40);
    const folders = new Set(SOURCES.map(({ folder }) => folder).filter((folder) => folder !== ""));
    assert.deepEqual(
      [...folders].filter((folder) => MAY_IMPORT[folder] === undefined),
      [],
    );
  });

  it("says in ARCHITECTURE.md what each folder may import", () => {
    const page = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
    const rows = page.matchAll(/^\| `src\/(\w+)\/` \|.*\| ([\w, ]+) \|$/gm);
    const said = Array.from(rows, ([, folder = "", cell = ""]) => {
      return [folder, cell === "nothing" ? [] : cell.split(", ").toSorted()];
    });
    const held = Object.entries(MAY_IMPORT).map(([folder, may]) => [folder, may.toSorted()]);
    assert.deepEqual(Object.fromEntries(said), Object.fromEntries(held));
  });

  it("lets each folder import only what it may, types among it", () => {
    const wrong = SOURCES.flatMap((source) => {
      if (source.folder === "") return [];
      const allowed = [source.folder, ...(MAY_IMPORT[source.folder] ?? [])];
      const outside = source.knows.filter(
        (target) => !OPEN_TO_ALL.has(target) && !allowed.includes(target.split("/")[0] ?? ""),
      );
      return outside.map((target) => `${source.path} imports ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  it("lets no folder import what none of its files does", () => {
    const used = new Set(
      SOURCES.flatMap(({ folder, knows }) => knows.map((to) => `${folder}: ${to.split("/")[0]}`)),
    );
    const allowed = Object.entries(MAY_IMPORT).flatMap(([folder, may]) =>
      may.map((to) => `${folder}: ${to}`),
    );
    assert.deepEqual(
      allowed.filter((each) => !used.has(each)),
      [],
    );
  });

  // What can be done is said as data (`src/remedy.ts`): a page makes a button of it, a command line a command.
  it("names no verb and no flag of the command line outside cli", () => {
    const verbs = readdirSync(join(SRC, "cli")).flatMap((file) => file.match(/^([\w-]+)\.ts$/)?.[1] ?? []);
    const command = new RegExp(`\\bhandclasp (?:${[...verbs, "refusals"].join("|")})\\b`);
    const subVerb =
      /\b(?:trust (?:add|approve|audit|connections|events|export|forget|ignore|import|list|open|rename|revoke|show)|token (?:cancel|create|list)|group (?:add|list|remove)|store (?:backup|check|stats)|identity (?:create|export|import|list|renew|rotate|show))\b/;
    const flag = /(?:^|[\s"'`(])--[a-z]/m;
    const wrong = SOURCES.filter(({ folder }) => folder !== "cli").flatMap(({ path, text }) =>
      text
        .split("\n")
        .filter(
          (line) => !NO_COMMAND.has(line.trim()) && [command, subVerb, flag].some((each) => each.test(line)),
        )
        .map((line) => `${path}: ${line.trim()}`),
    );
    assert.deepEqual(wrong, []);
  });

  it("keeps tls, x509, trust, explain, operator, admission and bytes free of input, output and clocks", () => {
    const wrong = SOURCES.filter(({ folder }) => PURE.includes(folder)).flatMap(({ path, imports, text }) => [
      ...imports.filter((name) => IMPURE.test(name)).map((name) => `${path} imports ${name}`),
      ...(READS_CLOCK.test(text) ? [`${path} reads the clock`] : []),
    ]);
    assert.deepEqual(wrong, []);
  });

  it("puts whatever there may be several of into one order before a change sees it", () => {
    const tables = SOURCES.filter(({ path }) => /^store\/sqlite\/tables\/(?:sqlite|token)-/.test(path));
    const texts = tables.flatMap(({ text }) => [...text.matchAll(/(["`])(SELECT\b(?:(?!\1)[^])*)\1/g)]);
    const queries = texts.map(([, , sql = ""]) => sql);
    assert.ok(queries.length > 10);
    const open = queries.filter((sql) => !ONE_ROW.test(sql) && !IN_ORDER.test(sql));
    assert.deepEqual(open, []);
  });

  it("imports each library in one place", () => {
    for (const library of ONE_PLACE) {
      const places = SOURCES.filter(({ imports }) => imports.includes(library)).map(({ path }) => path);
      assert.equal(places.length, 1, `${library}: ${places.join(", ")}`);
    }
  });

  it("makes peers up in testing alone, which nothing else imports", () => {
    const imports = SOURCES.filter((source) =>
      source.imports.some((name) => targetOf(source, name).startsWith("testing/")),
    );
    assert.deepEqual([...new Set(imports.map(({ folder }) => folder))], ["testing"]);
    const makers = SOURCES.filter(({ text }) => text.includes("pretendPeer")).map(({ path }) => path);
    assert.deepEqual(makers.toSorted(), ["guard/connection/peer-of.ts", "testing/fake-peer.ts"]);
  });

  // An older Node ends on them before it has said which one this needs.
  it("imports nothing by name that Node 20 has not, at run time", () => {
    const wrong = SOURCES.filter(({ folder, imports, text }) => {
      return (
        folder !== "cli" && (imports.includes("node:sqlite") || /^import {[^}]*\b\w*zstd\w*/im.test(text))
      );
    });
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  it("has no circle of files, types among it", () => {
    const knows = new Map(SOURCES.map(({ path, knows: others }) => [path, others]));
    assertNoCircle(knows.keys(), (path) => knows.get(path) ?? []);
  });

  // What lies at the top of a folder puts its rooms together: no room looks back at it.
  it("has no two folders, and no longer circle of them, that know of each other", () => {
    const knows = new Map<string, Set<string>>();
    for (const { path, folder, knows: others } of SOURCES) {
      if (folder === "") continue;
      const inside = others.map(dirname).filter((other) => other !== dirname(path) && other !== ".");
      const known = knows.get(dirname(path)) ?? new Set<string>();
      knows.set(dirname(path), new Set([...known, ...inside]));
    }
    assertNoCircle(knows.keys(), (path) => knows.get(path) ?? []);
  });

  it("has at most 18 files side by side in guard, and in no folder so many that one gets lost", () => {
    const sizes = new Map<string, number>();
    for (const { path } of SOURCES) sizes.set(dirname(path), (sizes.get(dirname(path)) ?? 0) + 1);
    const crowded = [...sizes].filter(([path, size]) => size > (/^guard\b/.test(path) ? 18 : 31));
    assert.deepEqual(crowded, []);
  });

  it("is where the page says: every file that it names is there", () => {
    const page = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
    const named = Array.from(
      page.matchAll(/`((?:src|test|scripts|benchmark)\/[^`]+)`/g),
      ([, name = ""]) => name,
    );
    assert.ok(named.length > 40);
    assert.deepEqual(
      named.filter((name) => globSync(name, { cwd: ROOT }).length === 0),
      [],
    );
  });

  // V8 puts such a function among its old objects at once, and with it all that it holds: docs/performance.md.
  it("writes no function where it is assigned to a property, but of what lasts: a server, a pool", () => {
    const found = SOURCES.flatMap(({ path, text }) =>
      Array.from(text.matchAll(ASSIGNED_FUNCTION), ([, owner = ""]) => ({ path, owner })),
    );
    assert.ok(found.some(({ owner }) => owner === "server"));
    const others = found.filter(({ owner }) => owner !== "server" && owner !== "buildConnector");
    assert.deepEqual(others, []);
  });

  it("has no verb import another one, but the one that it belongs to", () => {
    const makes = /^export function (?:command|\w+Command)\(.*\): Command \{/m;
    const files = SOURCES.filter(({ path, text }) => path.startsWith("cli/") && makes.test(text));
    const verbs = new Set(files.map(({ path }) => path));
    assert.ok(verbs.size > 30);
    const wrong = SOURCES.filter(({ path }) => path !== "cli/verbs.ts").flatMap((source) => {
      const targets = source.imports.map((name) => targetOf(source, name)).filter((name) => verbs.has(name));
      const others = targets.filter((target) => source.path !== `${dirname(target)}.ts`);
      return others.map((target) => `${source.path} imports ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  it("reads in one place what names a store", () => {
    const reads = SOURCES.filter(({ text }) => /"(?:memory|sqlite):|`sqlite:\$/.test(text)).map(
      ({ path }) => path,
    );
    assert.deepEqual(reads, ["trust/port/store-url.ts"]);
  });

  it("looks in one place at what was thrown: what it says, which code it has, or as an error", () => {
    const byHand =
      /\b(\w+) instanceof Error \?(?: \1\.message)? : (?:String\(\1\)|new Error\(String\(\1\)\))/;
    const code = /"code" in (\w+) && \(?\1\.code === /;
    const found = SOURCES.filter(({ text }) => byHand.test(text) || code.test(text)).map(({ path }) => path);
    assert.deepEqual(found, ["errors.ts"]);
  });

  it("has no file over 300 lines of code", () => {
    const long = SOURCES.filter(({ text }) => {
      return text.split("\n").filter((line) => !/^\s*(?:\/\/|\*|\/\*|$)/.test(line)).length > 300;
    });
    assert.deepEqual(
      long.map(({ path }) => path),
      [],
    );
  });
});
