import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { build, type BuildOptions, type Metafile } from "esbuild";
import type { PackedFile } from "../src/cli/admin/unpack-page.ts";

const root = join(import.meta.dirname, "..");
const web = join(root, "web");

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

const PAGE = {
  absWorkingDir: web,
  entryPoints: { page: join(web, "main.tsx"), style: join(web, "style/style.css") },
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  outdir: join(web, "assets"),
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  write: false,
} as const satisfies BuildOptions;

/** Makes the page of `web/`: script and style by names of their content, and the document that loads them. */
export async function bundlePage(): Promise<readonly PackedFile[]> {
  const { outputFiles, metafile } = await build(PAGE);
  const assets = outputFiles.map(({ path, contents }) => pack(`/assets/${basename(path)}`, contents));
  const icon = readFileSync(join(web, "icon.svg"));
  const hash = createHash("sha256").update(icon).digest("hex").slice(0, 8).toUpperCase();
  const iconPath = `/assets/icon-${hash}.svg`;
  const document = toDocument(metafile, iconPath);
  return [
    { path: "/", type: "text/html; charset=utf-8", packed: compress(Buffer.from(document)) },
    ...assets,
    pack(iconPath, icon),
  ];
}

function toDocument(metafile: Metafile, icon: string): string {
  const outputs = Object.entries(metafile.outputs);
  const made = (entry: string): string => {
    const found = outputs.find(([, { entryPoint }]) => entryPoint === entry);
    if (found === undefined) throw new Error(`${relative(root, join(web, entry))} was not bundled`);
    return `/assets/${basename(found[0])}`;
  };
  const script = outputs.find(([, { entryPoint }]) => entryPoint === "main.tsx")?.[1];
  const chunks = (script?.imports ?? []).filter(({ kind }) => kind === "import-statement");
  const preloads = chunks.map(({ path }) => `<link rel="modulepreload" href="/assets/${basename(path)}">`);
  return readFileSync(join(web, "index.html"), "utf8")
    .replace("icon.svg", icon)
    .replace("style/style.css", made("style/style.css"))
    .replace("main.tsx", made("main.tsx"))
    .replace("</head>", `${preloads.join("")}</head>`);
}

function pack(path: string, contents: Uint8Array): PackedFile {
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)];
  if (type === undefined) throw new Error(`${path} has no media type`);
  return { path, type, packed: compress(contents) };
}

function compress(contents: Uint8Array): string {
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: contents.length };
  return brotliCompressSync(contents, { params }).toString("base64");
}
