// A machine that opens a store for the first time, in a process that has nothing else: says how much memory that took.
import { once } from "node:events";
import { openStore } from "../../src/store/open-store.ts";

const [url = ""] = process.argv.slice(2);
const store = openStore(url);
await store.catchUp();
process.send?.(process.resourceUsage().maxRSS * 1024);
await once(process, "disconnect");
await store.close();
