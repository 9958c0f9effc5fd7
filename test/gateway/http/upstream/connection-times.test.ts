import assert from "node:assert/strict";
import dns from "node:dns";
import { describe, it, mock } from "node:test";
import { FieldList } from "../../../../src/gateway/http/fields/field-list.ts";
import { CONNECTION_TIMES } from "../../../../src/gateway/http/upstream/connection-times.ts";
import { openHttpTransports } from "../../../../src/gateway/http/upstream/http-transports.ts";
import { RequestBody } from "../../../../src/gateway/http/exchange/request-body.ts";
import type { Upstream as To } from "../../../../src/gateway/config/config.ts";
import { Readable } from "node:stream";
import { beforeItRunsOut } from "../../../support/before-it-runs-out.ts";
import { listenerTo } from "../../support/scene.ts";
import { openH2cUpstream, openHttpUpstream, type Upstream } from "../../support/http-upstream.ts";

const KINDS = ["without a body", "with a body"] as const;
const PROTOCOLS = ["http", "h2c"] as const;

function openAnswering(protocol: (typeof PROTOCOLS)[number]): Promise<Upstream> {
  if (protocol === "http") {
    return openHttpUpstream((request, response) => request.resume().on("end", () => response.end("ok")));
  }
  return openH2cUpstream((stream) => {
    stream.resume().on("end", () => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
  });
}

type Transports = ReturnType<typeof openHttpTransports>;

function ask({ requests }: Transports, kind: (typeof KINDS)[number]): Promise<number> {
  const stream = Object.assign(Readable.from([Buffer.from("body")]), { rawTrailers: [] });
  const source = { stream, isWhole: () => true, length: undefined, announcesTrailers: false };
  const body = kind === "with a body" ? new RequestBody(source) : undefined;
  const fields = new FieldList(["Host", "a"]);
  const request = { method: "PUT", path: "/", fields, body, expectsContinue: false };
  return new Promise((resolve, reject) => {
    let answered = 0;
    requests.send(request, {
      information: () => undefined,
      head: (status) => (answered = status),
      data: () => true,
      // undici takes a connection for free a moment later.
      end: () => setTimeout(resolve, 20, answered),
      failed: ({ error }) => reject(error),
    });
  });
}

describe("a connection to an HTTP upstream", () => {
  for (const protocol of PROTOCOLS) {
    for (const kind of KINDS) {
      it(`over ${protocol}, ${kind}, is kept, and not beyond its age; the next one goes where the name leads`, async () => {
        await using upstream = await openAnswering(protocol);
        const { port } = upstream;
        const to: To = { kind: "tcp", address: { host: "upstream.example", port }, protocol };
        const lookup = mock.method(dns, "lookup", (...args: unknown[]) => {
          const found = args.at(-1) as (error: null, all: readonly dns.LookupAddress[]) => void;
          process.nextTick(found, null, [{ address: "127.0.0.1", family: 4 }]);
        });
        try {
          const config = listenerTo(to, { mode: "http" });
          await using done = await beforeItRunsOut(1500, async (attempt) => {
            const [connections, lookups] = [upstream.connections.length, lookup.mock.callCount()];
            const times = { ...CONNECTION_TIMES, idleMs: 30_000, mostAgeMs: attempt.forMs };
            const transports = openHttpTransports(config, times);
            attempt.defer(() => transports.requests.close());
            const soonest = attempt.runsOutAt(Date.now() + attempt.forMs);
            assert.equal(await ask(transports, kind), 200);
            attempt.runsOutAt(soonest, Date.now() + attempt.forMs);
            for (let round = 0; round < 2; round += 1) assert.equal(await ask(transports, kind), 200);
            assert.equal(upstream.connections.length, connections + 1);
            return { transports, connections, lookups };
          });
          const { transports, connections, lookups } = done;
          await done.attempt.over();
          // Over HTTP/1.1 with a body its age is seen behind an answer.
          for (let round = 0; round < 2; round += 1) assert.equal(await ask(transports, kind), 200);
          // More than one, where that one was too old as well by then.
          const made = upstream.connections.length - connections;
          assert.ok(made >= 2, String(made));
          assert.equal(lookup.mock.callCount(), lookups + made);
        } finally {
          lookup.mock.restore();
        }
      });
    }
  }
});
