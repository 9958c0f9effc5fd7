import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { openStore } from "../../src/store/open-store.ts";
import { Operator } from "../../src/operator/operator.ts";
import { identity } from "../guard/support/identities.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startExample } from "./support/running-example.ts";
import { type Protocol, visit } from "./support/visitor.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const EXAMPLES: readonly (readonly [file: string, protocol: Protocol])[] = [
  ["01-first-server.ts", "tls"],
  ["02-https.ts", "http/1.1"],
  ["03-http2.ts", "h2"],
  ["03-http2.ts", "http/1.1"],
  ["04-express.ts", "http/1.1"],
  ["05-fastify.ts", "http/1.1"],
  ["06-hono.ts", "http/1.1"],
  ["07-koa.ts", "http/1.1"],
  ["08-nestjs.ts", "http/1.1"],
  ["09-ws.ts", "ws"],
  ["10-socket-io.ts", "socket.io"],
  ["11-grpc.ts", "grpc"],
  ["12-mqtt.ts", "mqtt"],
  ["13-graphql.ts", "graphql"],
];

/** What tests handlers and stores: `testing-examples.test.ts` runs it. */
const OF_TESTS = /^1[4-7]-/;

const CERTIFICATE_REQUIRED = 116;
const CERTIFICATE_UNKNOWN = 46;
const CERTIFICATE_REVOKED = 44;

describe("the examples", () => {
  it("are all run here", () => {
    const files = readdirSync(resolve(import.meta.dirname, "../../examples"));
    const servers = files.filter((file) => /^\d/.test(file) && !OF_TESTS.test(file)).toSorted();
    assert.deepEqual([...new Set(EXAMPLES.map(([file]) => file))], servers);
  });

  for (const [file, protocol] of EXAMPLES) {
    it(
      `${file} meets, recognises, refuses and cuts its clients over ${protocol}`,
      { timeout: FILE_PATIENCE_MS },
      async () => {
        const folder = temporaryFolder();
        await using example = await startExample(file, folder);
        const { port } = example;
        const anna = await identity("anna");

        using stranger = await visit(port, protocol);
        assert.deepEqual([stranger.greeting, stranger.alert], ["", CERTIFICATE_REQUIRED]);

        using first = await visit(port, protocol, anna);
        assert.equal(first.greeting, "Hello, anna: met for the first time");
        const atOnce = visit(port, protocol, await identity("bert"));
        using second = await visit(port, protocol, anna);
        using other = await atOnce;
        assert.equal(second.greeting, "Hello, anna: known");
        assert.equal(other.greeting, "Hello, bert: met for the first time");

        using impostor = await visit(port, protocol, await identity("anna"));
        assert.deepEqual([impostor.greeting, impostor.alert], ["", CERTIFICATE_UNKNOWN]);

        await using store = openStore(join(folder, "trust.db"));
        await new Operator(store, { user: "test", process: "test", now: Date.now }).revoke("anna");
        await Promise.all([first.ended, second.ended]);
        using revoked = await visit(port, protocol, anna);
        assert.deepEqual([revoked.greeting, revoked.alert], ["", CERTIFICATE_REVOKED]);
      },
    );
  }
});
