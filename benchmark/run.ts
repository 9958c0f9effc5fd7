// Every benchmark in one run: a table for people on stderr, JSON for programs on stdout. Nothing here is a test.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

type Figures = Readonly<Record<string, unknown>>;

/** One line of the table: what was measured, what it should be, what it came to. */
interface Row {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly holds: boolean | null;
}

const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));

function run(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Figures {
  console.error(`running ${file} ${args.join(" ")}`);
  const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, file), ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${file} ended with ${status}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Figures;
}

/** A library that makes every fsync 5 ms slower, when there is a C compiler to make it with. */
function slowFsync(): string | null {
  const library = join(folder, "slow-fsync.so");
  const source = join(import.meta.dirname, "slow-fsync.c");
  const { status } = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
  return status === 0 ? library : null;
}

function number(figures: Figures | null, path: string): number {
  let value: unknown = figures;
  for (const name of path.split(".")) value = (value as Figures | null | undefined)?.[name];
  return typeof value === "number" ? value : Number.NaN;
}

function most(what: string, value: number, target: number, unit: string): Row {
  return { what, target: `≤ ${target}${unit}`, measured: `${value}${unit}`, holds: value <= target };
}

/** The same of what needs a program that may not be here. */
function mostOf(program: string, what: string, value: number, target: number, unit: string): Row {
  const row = most(what, value, target, unit);
  return Number.isNaN(value) ? { ...row, measured: `not measured: no ${program}`, holds: null } : row;
}

function least(what: string, value: number, target: number, unit: string, missing = "no C compiler"): Row {
  const measured = Number.isNaN(value) ? `not measured: ${missing}` : `${value}${unit}`;
  return {
    what,
    target: `≥ ${target}${unit}`,
    measured,
    holds: Number.isNaN(value) ? null : value >= target,
  };
}

function shown(what: string, measured: string): Row {
  return { what, target: "", measured, holds: null };
}

/** What one page of a list costs at the most, whatever it is asked for, in time and in memory above that of an empty store. */
function listRows(figures: Figures): readonly Row[] {
  const lists = figures["lists"] as Readonly<Record<string, Readonly<Record<string, ListCost>>>>;
  return Object.entries(lists).flatMap(([verb, reads]) => {
    const costs = Object.values(reads);
    const millis = Math.max(...costs.map((cost) => cost.millis));
    const megabytes = Math.max(0, ...costs.map((cost) => cost.megabytes ?? 0));
    return [
      most(`a page of ${verb}, 100 000 peers, 1 000 000 events`, millis, 20, " ms"),
      most("the same, in memory", megabytes, 20, " MB"),
    ];
  });
}

/** The slowest of what an operator types, and of what is listed. */
function operatorRows(figures: Figures): readonly Row[] {
  const slowest = (name: string): number => {
    const all = Object.values(figures[name] as Readonly<Record<string, { readonly median: number }>>);
    return Math.max(...all.map(({ median }) => median));
  };
  const size = "100 000 peers, 1 000 000 events";
  return [
    most(`a search of peers as one types, ${size}`, slowest("searches"), 50, " ms"),
    most(`a page of an operator's lists, ${size}`, slowest("pages"), 20, " ms"),
    most("the chain verified, at a stretch", number(figures, "verified.stall"), 50, " ms"),
    most("two times compared, at a stretch", number(figures, "compared.stall"), 100, " ms"),
  ];
}

interface ListCost {
  readonly millis: number;
  readonly megabytes: number | null;
}

/** What the page's API answers with, at the most, and what its first view and open pages cost. */
function pageRows(figures: Figures): readonly Row[] {
  const answers = figures["answers"] as Readonly<Record<string, { readonly p50: number }>>;
  const slowest = (isSearch: boolean): number =>
    Math.max(
      ...Object.entries(answers).flatMap(([what, { p50 }]) =>
        what.startsWith("search") === isSearch ? [p50] : [],
      ),
    );
  return [
    most("an answer of the page's API, 100 000 peers, 1 000 000 events", slowest(false), 20, " ms"),
    most("the same, a search as one types", slowest(true), 50, " ms"),
    most("the first view of the page, until it can be used", number(figures, "firstView.p50"), 1000, " ms"),
    most("its script, compressed", number(figures, "sizes.scriptKilobytes"), 60, " kB"),
    most("all of it, compressed", number(figures, "sizes.allKilobytes"), 120, " kB"),
    most("50 open pages while nothing happens, of a core", number(figures, "idle.open"), 2, " %"),
  ];
}

function known(figures: Figures | null, when: string): string {
  const [p50, p99] = [number(figures, `${when}.p50`), number(figures, `${when}.p99`)];
  return `p50 ${p50} µs, p99 ${p99} µs`;
}

try {
  const guard = run("guard-cost.ts");
  const authorizer = run("authorizer.ts");
  const startup = run("startup.ts");
  const lookup = run("lookup.ts");
  const firstUse = run("first-use.ts");
  const large = join(folder, "large.db");
  const lists = run("lists.ts", [large]);
  const operator = run("operator/run.ts", [large]);
  const page = run("page.ts");
  const imported = run("import-certificates.ts");
  const library = slowFsync();
  const slowed = library === null ? null : run("first-use.ts", [], { LD_PRELOAD: library });

  const hello = run("client-hello.ts");
  const decoded = run("decode-capture.ts");
  const traced = run("traced-connection.ts");
  const haproxy = run("haproxy-map.ts");

  const rows: Row[] = [
    most("CPU per full TLS 1.3 handshake, guarded / bare", number(guard, "full.ratioByRounds"), 1.05, "×"),
    most(
      "CPU per resumed TLS 1.3 handshake, guarded / bare",
      number(guard, "resumed.ratioByRounds"),
      1.05,
      "×",
    ),
    most("CPU per GB sent, guarded / bare", number(guard, "bulk.ratioByRounds"), 1.02, "×"),
    most(
      "CPU per answer of the authorizer, a known key by nginx's field",
      number(authorizer, "nginx.authorizerMicros"),
      80,
      " µs",
    ),
    shown("Node's HTTP server that decides nothing", `${number(authorizer, "nginx.bareMicros")} µs`),
    least("first uses made durable, one process", number(firstUse, "perSecond"), 1000, "/s"),
    least("the same, every fsync 5 ms slower", number(slowed, "perSecond"), 1000, "/s"),
    shown("a known client, nothing else going on", known(firstUse, "knownQuiet")),
    shown("a known client, 1 000 first uses a second", known(firstUse, "knownBusy")),
    shown("the same, every fsync 5 ms slower", slowed === null ? "not measured" : known(slowed, "knownBusy")),
    most("judge", number(lookup, "judgeMicros"), 2, " µs"),
    most("warm lookup, 1 000 000 keys", number(lookup, "lookupMicros"), 20, " µs"),
    ...listRows(lists),
    ...operatorRows(operator),
    ...pageRows(page),
    shown(
      "memory of trust list, all of 100 000 peers; of 1 000",
      `${number(lists, "printing.ofAll")} MB; ${number(lists, "printing.ofThousand")} MB`,
    ),
    most("10 000 certificates, trust import / Operator.import", number(imported, "ratio"), 1.5, "×"),
    most("a ClientHello of 1.6 kB parsed", number(hello, "parseMicros"), 5, " µs"),
    least(
      "2 000 handshakes decoded, tshark / decoding alone",
      number(decoded, "decoding.timesFaster"),
      5,
      "×",
      "no tshark",
    ),
    least(
      "the same, tshark / handclasp trace read, built",
      number(decoded, "command.timesFaster"),
      5,
      "×",
      "no tshark",
    ),
    most("CPU per full TLS 1.3 handshake, traced / bare", number(traced, "full.traced.ratio"), 1.3, "×"),
    most("the same, observed with sample: 0 / bare", number(traced, "full.untraced.ratio"), 1.02, "×"),
    mostOf(
      "HAProxy",
      "CPU of HAProxy per request, with its map / not asking",
      number(haproxy, "kept.ratio"),
      1.05,
      "×",
    ),
    mostOf("HAProxy", "the same per new connection", number(haproxy, "fresh.ratio"), 1.05, "×"),
    most("handclasp --help, built", number(startup, "helpMs"), 150, " ms"),
    most("import of the library, built", number(startup, "importMs"), 80, " ms"),
    most("files that it loads", number(startup, "importedFiles"), 12, ""),
  ];
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const { what, target, measured, holds } of rows) {
    const verdict = holds === null ? "" : holds ? "holds" : "MISSED";
    console.error(`${what.padEnd(width)}  ${target.padEnd(10)}  ${verdict.padEnd(6)}  ${measured}`);
  }
  const machine = {
    node: process.versions.node,
    openssl: process.versions.openssl,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
  };
  console.log(
    JSON.stringify(
      {
        machine,
        guard,
        authorizer,
        startup,
        lookup,
        firstUse,
        slowed,
        lists,
        page,
        imported,
        hello,
        decoded,
        traced,
        haproxy,
      },
      null,
      2,
    ),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
