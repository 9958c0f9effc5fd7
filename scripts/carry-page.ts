import { join } from "node:path";
import type { Plugin } from "esbuild";
import { bundlePage } from "./bundle-page.ts";

const folder = join(import.meta.dirname, "../src/cli/admin");

/** Puts the page itself in place of the module that makes it (docs/decisions/0061). */
export const carryPage: Plugin = {
  name: "carry-page",
  setup(build) {
    build.onLoad({ filter: /[/\\]cli[/\\]admin[/\\]page-files\.ts$/ }, async () => ({
      contents: `import { unpackPage } from "./unpack-page.ts";
        const PACKED = ${JSON.stringify(await bundlePage())};
        export async function loadPageFiles() { return unpackPage(PACKED); }`,
      loader: "ts",
      resolveDir: folder,
    }));
  },
};
