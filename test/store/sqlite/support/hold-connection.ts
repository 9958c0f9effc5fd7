// Has one connection on the list of a store, and says so, until its input ends. Runs as a process or as a thread.
import { parentPort, workerData } from "node:worker_threads";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { randomPin } from "../../../support/certificates.ts";

const [path = "", id = ""] = (workerData as string[] | null) ?? process.argv.slice(2);
const store = openSqliteStore(path, { process: `serve ${process.pid}` });
const opened = [{ id, pin: randomPin(), peer: id, remoteAddress: null, listener: null, since: Date.now() }];
await store.record({ seen: [], refusals: [], opened, closed: [] });
if (parentPort === null) {
  console.log("listed");
  process.stdin.resume().once("end", () => void store.close());
} else {
  parentPort.once("message", () => void store.close());
  parentPort.postMessage("listed");
}
