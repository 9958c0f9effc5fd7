// An authorizer on a Unix socket in a process of its own, or Node's HTTP server alone, which says yes to everybody. Says when
// it listens, then on every message the CPU that it has used so far.
import { once } from "node:events";
import { createServer } from "node:http";
import { Authorizer } from "../src/authorizer/authorizer.ts";
import { openStore } from "../src/store/open-store.ts";
import { Happenings } from "../src/trust/happenings/happenings.ts";
import { Trust } from "../src/trust/trust.ts";

const [kind, store = "memory:", path = ""] = process.argv.slice(2);

function authorizer(): Authorizer["server"] {
  const trust = new Trust(openStore(store), { now: Date.now, process: `bench ${process.pid}` });
  const options = { trust, happenings: new Happenings(), isAble: () => true };
  return new Authorizer(options, { secret: undefined, ownPins: [] }).server;
}

function bare(): Authorizer["server"] {
  return createServer({ maxHeaderSize: 160 * 1024 }, (_request, response) => {
    response.writeHead(200, { "Content-Length": "0" }).end();
  });
}

const server = kind === "authorizer" ? authorizer() : bare();
server.listen(path);
await once(server, "listening");
process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => process.exit());
process.send?.("listening");
