// npm run test:interop: TLS clients of all makes against a guarded server. See docs/reference/interop.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { runCases } from "./cases.ts";
import { install, NPM_CACHE } from "./install.ts";
import { failures, matrix, type Row, words } from "./report.ts";
import { BOTH_VERSIONS, type Client, type Stack } from "./stack.ts";
import { STACKS } from "./stacks.ts";

const AT_ONCE = 2;
const PAGE = resolve(import.meta.dirname, "../../docs/reference/interop.md");

const { values } = parseArgs({
  options: {
    require: { type: "string", default: "0" },
    only: { type: "string", multiple: true },
    "install-only": { type: "boolean", default: false },
    "no-install": { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  const stacks = chosen(values.only);
  if (!values["no-install"]) {
    const started = performance.now();
    await install(stacks, console.error);
    console.error(`installed in ${seconds(started)} s`);
  }
  if (values["install-only"]) return true;
  const build = mkdtempSync(join(tmpdir(), "handclasp-interop-build-"));
  try {
    const building = performance.now();
    const found = await find(stacks, build);
    console.error(`found and built in ${seconds(building)} s`);
    const started = performance.now();
    const rows = await runAll(found);
    const report = `${matrix(rows)}\n\n## What they say\n\n${words(rows)}\n`;
    console.log(report);
    const right = judge(stacks, found, rows, seconds(started));
    if (right && values.write) writePage(report);
    return right;
  } finally {
    rmSync(build, { recursive: true, force: true });
  }
}

/** Those whose name or library has one of the words in it; all without words. */
function chosen(only: readonly string[] | undefined): readonly Stack[] {
  if (only === undefined) return STACKS;
  return STACKS.filter(({ name, library }) => {
    const text = `${name} ${library}`.toLowerCase();
    return only.some((word) => text.includes(word.toLowerCase()));
  });
}

/** Those that are on this machine; their programs are built here. */
async function find(stacks: readonly Stack[], build: string): Promise<ReadonlyMap<Stack, Client>> {
  const clients = await Promise.all(
    stacks.map(async (stack) => [stack, await stack.find({ build, npm: NPM_CACHE })] as const),
  );
  return new Map(clients.filter((each): each is [Stack, Client] => each[1] !== undefined));
}

/** In the order of the stacks, a few at once. */
async function runAll(found: ReadonlyMap<Stack, Client>): Promise<readonly Row[]> {
  const jobs = Array.from(found).flatMap(([stack, client]) =>
    (stack.versions ?? BOTH_VERSIONS).map((version) => ({ stack, client, version })),
  );
  const rows: Row[] = [];
  const waiting = jobs.entries();
  const worker = async (): Promise<void> => {
    for (const [index, { stack, client, version }] of waiting) {
      rows[index] = {
        stack,
        installed: client.version,
        version,
        cells: await runCases(stack, client, version),
      };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return rows;
}

/** The page keeps what stands above its table. */
function writePage(report: string): void {
  const page = readFileSync(PAGE, "utf8");
  writeFileSync(PAGE, page.slice(0, page.indexOf("| client |")) + report);
}

function judge(
  stacks: readonly Stack[],
  found: ReadonlyMap<Stack, Client>,
  rows: readonly Row[],
  tookSeconds: string,
): boolean {
  const wrong = failures(rows);
  for (const failure of wrong) console.error(`\n== WRONG: ${failure}`);
  const missing = stacks.filter((stack) => !found.has(stack));
  if (missing.length > 0) console.error(`\nnot found: ${missing.map(({ name }) => name).join(", ")}`);
  const libraries = new Set(Array.from(found.keys(), ({ library }) => library)).size;
  const required = Number(values.require);
  console.error(
    `\n${found.size} clients of ${libraries} TLS libraries, ${wrong.length} wrong cells, ${tookSeconds} s`,
  );
  if (libraries < required) console.error(`${required} libraries are required`);
  return wrong.length === 0 && libraries >= required;
}

function seconds(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(0);
}
