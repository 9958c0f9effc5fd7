// Loaded before all tests: they, and the many command lines they start, find what others have compiled already.
import { enableCompileCache } from "node:module";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../node_modules/.cache/handclasp");
enableCompileCache(folder);
process.env["NODE_COMPILE_CACHE"] = folder;
