import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls, { type TlsOptions } from "node:tls";
import { PATIENCE_MS } from "../../support/patience.ts";
import type { RecordedChunk, RecordedConnection } from "./recorded-connection.ts";

const COMMAND = /^[Kk]$/;

/**
 * A connection of `openssl s_client` that says `lines`, one after the other, each when the one before was echoed or obeyed. A
 * line `K` updates the keys of both sides, `k` those of the client.
 */
export async function recordOpenssl(
  server: TlsOptions,
  lines: readonly string[],
): Promise<RecordedConnection> {
  const chunks: RecordedChunk[] = [];
  const listener = tls.createServer(server, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  const relay = net.createServer((client) => {
    const upstream = net.connect({ port: portOf(listener), host: "127.0.0.1" });
    for (const [from, to, name] of [
      [client, upstream, "client"],
      [upstream, client, "server"],
    ] as const) {
      from.on("data", (bytes: Buffer) => {
        chunks.push({ from: name, bytes });
        to.write(bytes);
      });
      from.on("error", () => to.destroy());
      from.on("end", () => to.end());
    }
  });
  for (const each of [listener, relay]) await once(each.listen(0, "127.0.0.1"), "listening");
  const folder = mkdtempSync(join(tmpdir(), "handclasp-"));
  const keyLog = join(folder, "keys");
  try {
    const args = ["s_client", "-brief", "-connect", `127.0.0.1:${portOf(relay)}`, "-keylogfile", keyLog];
    const client = spawn("openssl", args, { stdio: "pipe" });
    const exit = once(client, "exit");
    const timer = setTimeout(() => client.kill(), PATIENCE_MS);
    const output = { stdout: "", stderr: "" };
    client.stdout.on("data", (text: Buffer) => (output.stdout += text.toString()));
    client.stderr.on("data", (text: Buffer) => (output.stderr += text.toString()));
    for (const line of lines) {
      const [stream, answer] = COMMAND.test(line)
        ? (["stderr", "KEYUPDATE"] as const)
        : (["stdout", line] as const);
      const from = output[stream].length;
      client.stdin.write(`${line}\n`);
      while (!output[stream].includes(answer, from)) await once(client[stream], "data");
    }
    client.kill("SIGTERM");
    await exit;
    clearTimeout(timer);
    return {
      chunks,
      keyLog: readFileSync(keyLog, "latin1"),
      cipher: "",
      opensslCipher: "",
      resumed: false,
      session: undefined,
    };
  } finally {
    rmSync(folder, { recursive: true });
    listener.close();
    relay.close();
  }
}

function portOf(server: net.Server): number {
  return (server.address() as AddressInfo).port;
}
