import type { PageFiles } from "../../admin/page/page-files.ts";
import { type PackedFile, unpackPage } from "./unpack-page.ts";

/**
 * The page, made of `web/` where this runs from a checkout. Where src/ is bundled, another module stands in place of
 * this one that carries the files (`scripts/carry-page.ts`): neither a package nor an executable has `web/`.
 */
export async function loadPageFiles(): Promise<PageFiles> {
  const script: string = new URL("../../../scripts/bundle-page.ts", import.meta.url).href;
  const { bundlePage } = (await import(script)) as { bundlePage: () => Promise<readonly PackedFile[]> };
  return unpackPage(await bundlePage());
}
