import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { connectRaw, openHttpScene } from "./support/http-scene.ts";
import { freePort } from "../support/free-port.ts";

const BYTES = 8 * 1024 * 1024;

describe("the answer to an upload that is refused while it comes", () => {
  for (const [name, head, status] of [
    ["by a path rule", "POST /admin HTTP/1.1\r\nHost: a\r\n", 403],
    ["by its host", "POST / HTTP/1.1\r\nHost: b\r\n", 421],
    ["by the upstream that is not there", "POST / HTTP/1.1\r\nHost: a\r\n", 502],
  ] as const) {
    it(`reaches the client, which goes on sending: ${name}`, async () => {
      const config = { paths: [{ path: "/admin", allow: [] }], serverNames: ["a"] };
      await using scene = await openHttpScene({ to: await freePort(), config });
      const socket = await connectRaw(scene.port);
      const errors: Error[] = [];
      socket.on("error", (error) => errors.push(error));
      socket.write(`${head}Content-Length: ${BYTES}\r\n\r\n`);
      // Only then it reads what was said meanwhile.
      for (let sent = 0; sent < BYTES; sent += 65_536) {
        if (!socket.write(Buffer.alloc(65_536))) await once(socket, "drain");
      }
      socket.setEncoding("latin1");
      let received = "";
      socket.on("data", (text: string) => (received += text));
      await once(socket, "end");
      assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} .*Connection: close`, "is"));
      assert.deepEqual(errors, []);
      socket.destroy();
    });
  }
});
