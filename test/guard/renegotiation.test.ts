import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { CHANNELS, type ErrorMessage } from "../../src/guard/channels.ts";
import { peerOf } from "../../src/guard/connection/peer-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { identity, inFiles } from "./support/identities.ts";
import { openScene } from "./support/scene.ts";
import { PATIENCE_MS } from "../support/patience.ts";

describe("a TLS 1.2 client that renegotiates", async () => {
  const files = inFiles(temporaryFolder(), await identity("client"));

  it("is cut where Node does not let that be turned off", async () => {
    await using scene = await openScene({
      server: { maxVersion: "TLSv1.2" },
      prepare: (server) => {
        const { context } = Reflect.get(server, "_sharedCreds") as { readonly context: object };
        Reflect.set(context, "setOptions", undefined);
      },
    });
    const errors: unknown[] = [];
    const listen = (message: unknown): void => void errors.push((message as ErrorMessage).error);
    CHANNELS.error.subscribe(listen);
    const handedOver = once(scene.server, "secureConnection");
    const client = renegotiating(scene.port);
    const [socket] = await handedOver;
    socket.resume();
    const name = peerOf(socket)?.name;
    client.stdin?.write("R\n");
    await once(socket, "close");
    assert.equal(scene.guard.stats.renegotiated, 1);
    assert.equal(peerOf(socket)?.name, name, "the peer stays who it was");
    assert.match(String(errors[0]), /renegotiated/);
    CHANNELS.error.unsubscribe(listen);
    await once(client, "close");
  });

  for (const when of ["", ", after the server was given another certificate"]) {
    it(`is told that it cannot, before it sends a certificate${when}`, async () => {
      const server = { maxVersion: "TLSv1.2" } as const;
      await using scene = await openScene({ server });
      if (when !== "") scene.server.setSecureContext({ ...(await identity("localhost")), ...server });
      const handedOver = once(scene.server, "secureConnection");
      const client = renegotiating(scene.port);
      let output = "";
      client.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
      const [socket] = await handedOver;
      socket.resume();
      client.stdin?.write("R\n");
      await once(client, "close");
      assert.match(output, /no renegotiation|alert number 100/i);
      assert.equal(scene.guard.stats.renegotiated, 0);
    });
  }

  function renegotiating(port: number): ReturnType<typeof spawn> {
    const { certFile, keyFile } = files;
    const address = ["-connect", `127.0.0.1:${port}`];
    const args = ["s_client", "-tls1_2", ...address, "-cert", certFile, "-key", keyFile];
    const client = spawn("openssl", args, { timeout: PATIENCE_MS });
    client.stdin.on("error", () => undefined);
    return client;
  }
});
