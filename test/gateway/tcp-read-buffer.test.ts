import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { identity } from "../guard/support/identities.ts";
import { configOf, listenerTo, openGateway } from "./support/scene.ts";
import { openClient, openUpstream } from "./support/upstream.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const CONNECTIONS = 12;
const BYTES = 3 * 1024 * 1024;

/** Reads all of it, with a pause after each chunk when asked to; gives its hash. */
async function digest(socket: TLSSocket, slowly: boolean): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    hash.update(chunk);
    if (slowly) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return hash.digest("hex");
}

describe("the memory that all upstreams are read into", () => {
  it(
    "never shows one client what another's upstream sent, whoever is slow",
    { timeout: FILE_PATIENCE_MS },
    async () => {
      const ada = await identity("ada");
      const contents = Array.from({ length: CONNECTIONS }, () => randomBytes(BYTES));
      await using upstream = await openUpstream((socket: Socket) => {
        socket.once("data", (asked) => {
          const content = contents[Number(asked.toString())] ?? Buffer.alloc(0);
          // In pieces of many sizes: some are written while another one is under way.
          for (let at = 0, size = 1; at < content.length; at += size, size = (size * 7 + 13) % 70_000) {
            socket.write(content.subarray(at, at + Math.max(1, size)));
            size = Math.max(1, size);
          }
          socket.end();
        });
      });
      await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
      const digests = await Promise.all(
        contents.map(async (_, at) => {
          const client = await openClient(scene.port, ada, {
            maxVersion: at % 3 === 0 ? "TLSv1.2" : "TLSv1.3",
          });
          client.end(String(at));
          return await digest(client, at % 2 === 0);
        }),
      );
      const wanted = contents.map((content) => createHash("sha256").update(content).digest("hex"));
      assert.deepEqual(digests, wanted);
    },
  );
});
