import { execFileSync } from "node:child_process";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { brotliDecompressSync, createBrotliDecompress } from "node:zlib";
import { type Browser, chromium } from "playwright-core";

const MODULES = resolve(import.meta.dirname, "../../../node_modules");
const PACKAGE = join(MODULES, "@sparticuz/chromium");

/** A browser that can be started here, or why none can, in one line. */
type Chromium =
  | { readonly ok: true; readonly launch: (args?: readonly string[]) => Promise<Browser> }
  | { readonly ok: false; readonly problem: string };

/** The Chromium of the npm package, unpacked beside it once a version: with its libraries and fonts it needs nothing else (docs/decisions/0062). */
export const CHROMIUM: Chromium = await prepare();

async function prepare(): Promise<Chromium> {
  const machine = `${process.platform} on ${process.arch}`;
  if (machine !== "linux on x64") return unusable(`@sparticuz/chromium has none for ${machine}`);
  if (!existsSync(PACKAGE)) return unusable("@sparticuz/chromium is not installed: npm ci");
  const folder = await unpacked();
  const executablePath = join(folder, "chromium");
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: join(folder, "lib"),
    FONTCONFIG_FILE: join(folder, "fonts.conf"),
  };
  try {
    execFileSync(executablePath, ["--version"], { env, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
  } catch (error) {
    const said = String((error as { readonly stderr?: Buffer }).stderr ?? error).trim();
    return unusable(said.split("\n").at(-1) ?? said);
  }
  const launch = (args: readonly string[] = []): Promise<Browser> =>
    chromium.launch({ executablePath, env, args: ["--font-render-hinting=none", ...args] });
  return { ok: true, launch };
}

function unusable(problem: string): Chromium {
  return { ok: false, problem: `no browser to test the page with: ${problem}` };
}

/** The folder with the program, its libraries and fonts. It is whole at once: other test files may be unpacking it, too. */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };
  const folder = join(MODULES, ".cache/handclasp", `chromium-${version}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const packed = (name: string): string => join(PACKAGE, "bin", name);
  await pipeline(
    createReadStream(packed("chromium.br")),
    createBrotliDecompress({ chunkSize: 2 ** 20 }),
    createWriteStream(join(unfinished, "chromium"), { mode: 0o755 }),
  );
  for (const name of ["al2023.tar.br", "fonts.tar.br"]) {
    const input = brotliDecompressSync(readFileSync(packed(name)));
    execFileSync("tar", ["-x", "--no-same-owner", "-C", unfinished], { input });
  }
  writeFileSync(join(unfinished, "fonts.conf"), fontsIn(folder));
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(unfinished, { recursive: true });
  }
  return folder;
}

/** The package's one family first, so that pages look the same on all machines; letters that it lacks come from the machine. */
function fontsIn(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, "fonts")}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, "fonts-cache")}</cachedir>
  ${prefer("sans-serif", "Open Sans")}
  ${prefer("system-ui", "Open Sans")}
  ${prefer("monospace", "DejaVu Sans Mono")}
</fontconfig>
`;
}

function prefer(family: string, font: string): string {
  return `<alias binding="same"><family>${family}</family><prefer><family>${font}</family></prefer></alias>`;
}
