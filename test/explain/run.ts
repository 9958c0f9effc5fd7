// npm run test:explain: what trace --explain says of causes that were brought about at real servers. See docs/reference/explain.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { runProgram } from "../interop/run-program.ts";
import { type Cause, CAUSES } from "./causes.ts";
import { type Bench, type Cell, isThere, runCell, type Version } from "./cell.ts";
import { createPki } from "./pki.ts";
import { marksOf, oddities, table, tally } from "./report.ts";
import type { Server } from "./server.ts";
import { apache } from "./servers/apache.ts";
import { caddy } from "./servers/caddy.ts";
import { gnutls } from "./servers/gnutls.ts";
import { haproxy } from "./servers/haproxy.ts";
import { jdk } from "./servers/jdk.ts";
import { nginx } from "./servers/nginx.ts";
import { openssl } from "./servers/openssl.ts";
import { stunnel } from "./servers/stunnel.ts";
import { vsftpd } from "./servers/vsftpd.ts";

const SERVERS = [openssl, nginx, haproxy, stunnel, caddy, apache, gnutls, jdk, vsftpd];
const PROGRAMS: Readonly<Record<string, string>> = {
  nginx: "nginx",
  HAProxy: "haproxy",
  stunnel: "stunnel4",
  Caddy: "caddy",
  Apache: "apache2",
  "openssl s_server": "openssl",
  "gnutls-serv": "gnutls-serv",
  JDK: "javac",
  vsftpd: "vsftpd",
};
const PAGE = resolve(import.meta.dirname, "../../docs/reference/explain.md");
/** Of all cells, how many have to be right, in percent; none may be wrong. */
const RIGHT = 90;
const AT_ONCE = 3;

const { values } = parseArgs({
  options: {
    server: { type: "string", multiple: true },
    cause: { type: "string", multiple: true },
    install: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    "one-each": { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    "in-namespace": { type: "boolean", default: false },
  },
});

process.exitCode = values["in-namespace"] ? ((await main()) ? 0 : 1) : await inNamespace();

/** A network of its own: gnutls-serv listens on every address there is. Packages have to come before. */
async function inNamespace(): Promise<number> {
  if (values.install) await install();
  const script = 'ip link set lo up && exec "$@"';
  const again = [process.execPath, ...process.argv.slice(1), "--in-namespace"];
  const { status } = spawnSync("unshare", ["-n", "sh", "-c", script, "sh", ...again], { stdio: "inherit" });
  return status ?? 1;
}

async function main(): Promise<boolean> {
  const servers: Server[] = [];
  for (const server of SERVERS.filter(({ name }) => isChosen(name, values.server)))
    if (await isThere(PROGRAMS[server.name] ?? "")) servers.push(server);
  const hasJdk = await isThere("javac");
  const causes = CAUSES.filter(({ name, byJdk }) => isChosen(name, values.cause) && (hasJdk || !byJdk));
  const folder = mkdtempSync(join(tmpdir(), "handclasp-explain-"));
  try {
    const cells = await runAll(folder, servers, causes);
    const marks = marksOf(cells);
    const report = `${table(servers, marks)}\n\n${tally(marks)}.\n`;
    console.log(report);
    console.log(oddities(marks));
    const right = marks.filter(({ mark }) => mark === "named" || mark === "among").length;
    const good =
      marks.length > 0 && right * 100 >= RIGHT * marks.length && !marks.some(({ mark }) => mark === "wrong");
    if (good && values.write) writePage(report);
    return good;
  } finally {
    if (values.keep) console.log(`captures and keys are in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

function isChosen(name: string, words: readonly string[] | undefined): boolean {
  return words === undefined || words.some((word) => name.toLowerCase().includes(word.toLowerCase()));
}

async function runAll(
  folder: string,
  servers: readonly Server[],
  causes: readonly Cause[],
): Promise<readonly Cell[]> {
  const bench = { folder, pki: createPki(join(folder, "pki")) };
  const jobs = servers.flatMap((server) =>
    causes
      .filter(({ needs = "tls" }) => server.features.includes(needs))
      .flatMap((cause) =>
        (cause.versions ?? (["1.3", "1.2"] as const)).map((version: Version) => ({ server, cause, version })),
      ),
  );
  return runJobs(bench, values["one-each"] ? causes.flatMap((cause) => firstOf(jobs, cause)) : jobs);
}

interface Job {
  readonly server: Server;
  readonly cause: Cause;
  readonly version: Version;
}

function firstOf(jobs: readonly Job[], cause: Cause): readonly Job[] {
  return jobs.filter((job) => job.cause === cause).slice(0, 1);
}

async function runJobs(bench: Bench, jobs: readonly Job[]): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  const waiting = jobs.entries();
  const worker = async (): Promise<void> => {
    for (const [index, { server, cause, version }] of waiting) {
      cells[index] = await runCell(bench, server, cause, version);
      process.stderr.write(`\r${index + 1} of ${jobs.length}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  process.stderr.write("\n");
  return cells;
}

async function install(): Promise<void> {
  const packages = [...SERVERS.flatMap(({ debian }) => debian), "tcpdump", "iproute2"];
  await runProgram(["apt-get", "update", "-qq"], { timeoutMs: 600_000 });
  const flags = ["-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
  await runProgram(["apt-get", "install", ...flags, ...packages], {
    environment: { DEBIAN_FRONTEND: "noninteractive" },
    timeoutMs: 600_000,
  });
}

/** Between the page's two marks. */
function writePage(report: string): void {
  const [begin, end] = ["<!-- test:explain -->", "<!-- /test:explain -->"];
  const page = readFileSync(PAGE, "utf8");
  const [head = "", rest = ""] = page.split(begin);
  const [, tail] = rest.split(end);
  if (tail === undefined) throw new Error(`${PAGE} has no place for the table: ${begin} … ${end}`);
  writeFileSync(PAGE, `${head}${begin}\n\n${report}\n${end}${tail}`);
}
