import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { SecureVersion } from "node:tls";
import { type ClientOptions, connect } from "../../../src/client/connection/connect.ts";
import { dispatcher } from "../../../src/client/http/dispatcher.ts";
import { httpsAgent } from "../../../src/client/http/https-agent.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { identity as testIdentity, inFiles } from "../../guard/support/identities.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { identity } from "../support/listening.ts";
import { getJson, openVisitor, type Visitor } from "../support/web-scene.ts";

interface Recorder {
  readonly address: string;
  readonly port: number;
  /** The messages of its one connection, when that has ended: `< ClientHello` and `> ServerHello`. */
  readonly messages: Promise<readonly string[]>;
}

/** A program that is not ours, asks for a certificate and writes down every handshake message. */
async function record(folder: string, name: string): Promise<Recorder> {
  const { certFile, keyFile } = inFiles(folder, await testIdentity(name));
  const args = ["-accept", "127.0.0.1:0", "-naccept", "1", "-verify", "1", "-msg"];
  const child = spawn("openssl", ["s_server", ...args, "-cert", certFile, "-key", keyFile]);
  let said = "";
  const { promise: listens, resolve } = Promise.withResolvers<number>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    const [, port] = /^ACCEPT .*:(\d+)$/m.exec(said) ?? [];
    if (port !== undefined) resolve(Number(port));
  });
  child.stderr.resume();
  const messages = once(child, "close").then(() =>
    Array.from(
      said.matchAll(/^(<<<|>>>) TLS 1\.\d, Handshake \[length [0-9a-f]+\], (\w+)/gm),
      ([, arrow = "", message = ""]) => `${arrow[0]} ${message}`,
    ),
  );
  const port = await listens;
  return { port, address: `127.0.0.1:${port}`, messages };
}

type Attempt = (options: ClientOptions, recorder: Recorder) => Promise<unknown>;

const ATTEMPTS: readonly (readonly [string, Attempt])[] = [
  ["connect", (options, { port }) => connect({ ...options, host: "127.0.0.1", port })],
  ["httpsAgent", (options, { address }) => getJson(httpsAgent(options), `https://${address}/`)],
  [
    "dispatcher",
    async (options, { address }) => {
      const init: object = { dispatcher: await dispatcher(options) };
      await fetch(`https://${address}/`, init).catch((error: Error) => Promise.reject(error.cause));
    },
  ],
];

/** Has another key on record for the address than the one that is shown there. */
async function expectAnother({ knownServers }: Visitor, { address }: Recorder): Promise<void> {
  await knownServers.remember(address, (await identity("server")).facts);
}

async function assertRefused(attempt: Promise<unknown>): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"), String(error));
    assert.equal(error.details["reason"], "key-changed");
    return true;
  });
}

describe("an impostor server that records the handshake", () => {
  const folder = temporaryFolder();

  for (const [name, attempt] of ATTEMPTS) {
    it(`never sees our certificate in TLS 1.3, through ${name}`, async () => {
      const impostor = await record(folder, "server");
      await using visitor = await openVisitor("ada");
      await expectAnother(visitor, impostor);
      await assertRefused(attempt(visitor.options, impostor));
      const messages = await impostor.messages;
      assert.ok(messages.includes("> CertificateRequest"), messages.join());
      assert.deepEqual(
        messages.filter((message) => message.startsWith("<")),
        ["< ClientHello"],
      );
    });
  }

  it("never sees it under refuse and ask either, though it was never met", async () => {
    for (const verifyServer of ["refuse", "ask"] as const) {
      const impostor = await record(folder, "server");
      await using visitor = await openVisitor("ada", { verifyServer });
      const { port } = impostor;
      await assert.rejects(connect({ ...visitor.options, host: "127.0.0.1", port }));
      assert.deepEqual(
        (await impostor.messages).filter((message) => message.startsWith("<")),
        ["< ClientHello"],
      );
    }
  });

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] satisfies SecureVersion[]) {
    it(`would have written it down: a server that is met does, in ${maxVersion}`, async () => {
      const server = await record(folder, "server");
      await using visitor = await openVisitor("ada", { maxVersion });
      const socket = await connect({ ...visitor.options, host: "127.0.0.1", port: server.port });
      socket.on("error", () => undefined).end("bye\n");
      socket.resume();
      assert.ok((await server.messages).includes("< Certificate"));
    });
  }

  it("sees it in TLS 1.2, where it is sent before the handshake is done", async () => {
    const impostor = await record(folder, "server");
    await using visitor = await openVisitor("ada", { maxVersion: "TLSv1.2" });
    await expectAnother(visitor, impostor);
    await assertRefused(connect({ ...visitor.options, host: "127.0.0.1", port: impostor.port }));
    assert.ok((await impostor.messages).includes("< Certificate"));
  });
});
