import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { identity, inFiles } from "../support/identities.ts";
import { openScene, type Scene } from "../support/scene.ts";
import { altered } from "../support/verdicts.ts";

const HALF_OPEN = { allowHalfOpen: true } as const;

/** Programs that say nothing, and end at once. */
const PROGRAMS = {
  "openssl in TLS 1.3": (port: number, certFile: string, keyFile: string) => [
    "openssl",
    ["s_client", "-connect", `127.0.0.1:${port}`, "-tls1_3", "-cert", certFile, "-key", keyFile],
  ],
  "openssl in TLS 1.2": (port: number, certFile: string, keyFile: string) => [
    "openssl",
    ["s_client", "-connect", `127.0.0.1:${port}`, "-tls1_2", "-cert", certFile, "-key", keyFile],
  ],
  "gnutls-cli": (port: number, certFile: string, keyFile: string) => [
    "gnutls-cli",
    [
      "--no-ca-verification",
      "--x509certfile",
      certFile,
      "--x509keyfile",
      keyFile,
      "-p",
      `${port}`,
      "127.0.0.1",
    ],
  ],
} as const satisfies Record<string, (...args: [number, string, string]) => [string, string[]]>;

describe("a client that ends its half before it is settled", async () => {
  const client = await identity("client");

  for (const kind of ["tls", "https", "http2"] as const) {
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      it(`leaves no socket behind: ${kind} in ${maxVersion}`, async () => {
        await using scene = await openScene({ kind, ...slowly, ...HALF_OPEN, server: HALF_OPEN });
        if (kind === "tls") endAtEnd(scene);
        const ALPNProtocols = [kind === "http2" ? "h2" : "http/1.1"];
        const socket = tls.connect({ ...options(scene, client), maxVersion, ALPNProtocols });
        socket.on("error", () => undefined);
        socket.on("secureConnect", () => socket.end());
        await once(socket.resume(), "close");
        await nobody(scene);
      });
    }
  }

  for (const [program, command] of Object.entries(PROGRAMS)) {
    it(`leaves no socket behind: ${program}`, async () => {
      const { certFile, keyFile } = inFiles(temporaryFolder(), client);
      await using scene = await openScene({ ...slowly, server: HALF_OPEN });
      const ends: boolean[] = [];
      scene.server.on("secureConnection", (socket) => {
        socket.resume().on("end", () => {
          ends.push(socket.readableEnded);
          socket.end();
        });
      });
      const [file, args] = command(scene.port, certFile, keyFile);
      const child = spawn(file, args, { stdio: "ignore" });
      await once(child, "close");
      await nobody(scene);
      assert.deepEqual(ends, [true]);
    });
  }

  it("is answered, as one that is known", async () => {
    for (const server of [HALF_OPEN, {}]) {
      await using scene = await openScene({ ...slowly, server });
      scene.server.on("secureConnection", (socket) => socket.resume().end("hello"));
      for (const round of ["met", "known"]) {
        const socket = tls.connect({
          ...options(scene, client),
          allowHalfOpen: true,
        } as tls.ConnectionOptions);
        socket.on("secureConnect", () => socket.end());
        const [text] = (await once(socket, "data")) as [Buffer];
        assert.equal(text.toString(), "hello", round);
        await once(socket, "close");
      }
      await nobody(scene);
    }
  });

  it("costs no more afterwards than one that is known: its socket keeps its shape", async () => {
    await using scene = await openScene({ ...slowly, server: HALF_OPEN });
    const shapes: boolean[] = [];
    scene.server.on("secureConnection", (socket) => {
      shapes.push(hasShape(socket));
      socket.resume().end("hello");
    });
    for (const _ of ["met", "known"]) {
      const socket = tls.connect(options(scene, client));
      await once(socket.resume(), "close");
    }
    assert.deepEqual(shapes, [true, true]);
  });

  it("has what it said before read first", async () => {
    await using scene = await openScene({ ...slowly, server: HALF_OPEN });
    scene.server.on("secureConnection", (socket) => {
      let said = "";
      socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
      socket.on("end", () => socket.end(`you said ${said}`));
    });
    const socket = tls.connect(options(scene, client));
    socket.on("secureConnect", () => socket.end("something"));
    assert.equal(String((await once(socket, "data"))[0]), "you said something");
    await once(socket, "close");
    await nobody(scene);
  });

  it("is told by an alert when it is refused then, and leaves no socket behind", async () => {
    await using scene = await openScene({
      server: HALF_OPEN,
      through: (trust) =>
        altered(trust, {
          async settle({ pin, peer }) {
            await delay(50);
            return { decision: "refuse", reason: "key-changed", pin, peer, conflictsWith: null };
          },
        }),
    });
    const socket = tls.connect({ ...options(scene, client), allowHalfOpen: true } as tls.ConnectionOptions);
    socket.on("secureConnect", () => socket.end());
    const [error] = (await once(socket.resume(), "error")) as [Error];
    assert.match(error.message, /SSL alert number 46/);
    await nobody(scene);
  });
});

describe("a client whose records stop being TLS", async () => {
  const client = await identity("client");

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`is gone while its claim is pending, and never reaches the application (${maxVersion})`, async () => {
      const settling = Promise.withResolvers<void>();
      await using scene = await openScene({
        through: (trust) =>
          altered(trust, {
            async settle(claim, showing) {
              await settling.promise;
              return trust.settle(claim, showing);
            },
          }),
      });
      let reached = 0;
      scene.server.on("secureConnection", () => (reached += 1));
      await using _client = await breakOff(scene, { identity: client, maxVersion });
      await nobody(scene);
      settling.resolve();
      await scene.trust.flush();
      assert.equal(reached, 0);
    });

    it(`is gone when it is known, though the application does not listen (${maxVersion})`, async () => {
      await using scene = await openScene();
      scene.server.on("secureConnection", (socket) => socket.write("hello"));
      await connectAndLeave(scene, client);
      await using _client = await breakOff(scene, { identity: client, maxVersion });
      await nobody(scene);
    });
  }
});

/** Whether V8 finds an object's properties without looking them up: every read of a socket costs more where it cannot. */
const hasShape: (object: object) => boolean = (() => {
  setFlagsFromString("--allow-natives-syntax");
  return runInThisContext("(object) => %HasFastProperties(object)") as (object: object) => boolean;
})();

const slowly = {
  through: (trust: Scene["trust"]) =>
    altered(trust, {
      async settle(claim, showing) {
        await delay(50);
        return trust.settle(claim, showing);
      },
    }),
};

function options({ port }: Scene, { key, cert }: { key: string; cert: string }): tls.ConnectionOptions {
  return { port, host: "127.0.0.1", key, cert, rejectUnauthorized: false };
}

function endAtEnd({ server }: Scene): void {
  server.on("secureConnection", (socket) => socket.resume().on("end", () => socket.end()));
}

async function connectAndLeave(scene: Scene, who: Awaited<ReturnType<typeof identity>>): Promise<void> {
  const socket = tls.connect(options(scene, who));
  await once(socket, "data");
  socket.destroy();
  await once(socket, "close");
}

/** A record that does not verify, right behind the handshake; the connection stays. */
async function breakOff(
  scene: Scene,
  {
    identity: who,
    maxVersion,
  }: { identity: Awaited<ReturnType<typeof identity>>; maxVersion: "TLSv1.3" | "TLSv1.2" },
): Promise<AsyncDisposable> {
  const raw = net.connect({ port: scene.port, host: "127.0.0.1", allowHalfOpen: true });
  const { key, cert } = who;
  const socket = tls.connect({ socket: raw, key, cert, rejectUnauthorized: false, maxVersion });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  raw.write(Buffer.concat([Buffer.from([23, 3, 3, 0, 32]), Buffer.alloc(32, 7)]));
  return { [Symbol.asyncDispose]: async () => void raw.destroy() };
}

/** Resolves when the server has no connection left. */
async function nobody({ server, guard }: Scene): Promise<void> {
  for (;;) {
    const open = await new Promise((resolve, reject) =>
      server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
    if (open === 0 && guard.handshakes === 0 && [...guard.connections].length === 0) return;
    await delay(10);
  }
}
