// How long `trust import` takes for a folder of certificates, beside a program that reads them and has all imported at once.
//
//     node benchmark/import-certificates.ts [CERTIFICATES [ROUNDS]]
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Operator } from "../src/operator/operator.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import { certificatesFromPem } from "../src/x509/certificate-description.ts";
import { readCertificate } from "../src/x509/certificate-facts.ts";
import { createIdentity } from "../src/x509/create-identity.ts";
import { median } from "./server-process.ts";

/** Reads and imports every certificate of a folder: what the command does beside printing. */
async function importAll(folder: string, path: string): Promise<void> {
  await using store = openSqliteStore(path);
  const operator = new Operator(store, { user: "bench", process: "bench", now: Date.now });
  const imports = readdirSync(folder).map(async (file) => {
    const [der] = certificatesFromPem(readFileSync(join(folder, file), "utf8"));
    await operator.import(readCertificate(der ?? new Uint8Array()));
  });
  await Promise.all(imports);
}

function seconds(args: readonly string[]): number {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  return (performance.now() - started) / 1000;
}

function measure(count: number, rounds: number, folder: string): object {
  const pem = join(folder, "pem");
  const command: number[] = [];
  const program: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const to = (name: string): string => join(folder, `${name}-${round}.db`);
    program.push(seconds([import.meta.filename, "--import", pem, to("program")]));
    command.push(
      seconds([
        join(import.meta.dirname, "../src/cli/main.ts"),
        "trust",
        "import",
        pem,
        "--store",
        to("command"),
      ]),
    );
  }
  const [commandSeconds, programSeconds] = [median(command), median(program)];
  const ratio = Number((commandSeconds / programSeconds).toFixed(2));
  return { certificates: count, commandSeconds, programSeconds, ratio };
}

const [first = "10000", second = "3", third = ""] = process.argv.slice(2);
if (first === "--import") await importAll(second, third);
else {
  const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
  try {
    mkdirSync(join(folder, "pem"));
    for (let index = 0; index < Number(first); index++) {
      const { certificatePem } = await createIdentity({
        name: `sensor-${index}.example.com`,
        now: new Date(),
      });
      writeFileSync(join(folder, "pem", `${index}.pem`), certificatePem);
    }
    console.log(JSON.stringify(measure(Number(first), Number(second), folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
