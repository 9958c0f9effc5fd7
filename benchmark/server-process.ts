// A server of `tls-server.ts` in a process of its own, its clients, and what they cost it.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { connect } from "node:tls";
import type { CreatedIdentity } from "../src/x509/create-identity.ts";

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly port: number;
}

/** At the same time, so that the server is never without work. */
const CLIENTS = 4;

export async function startServer(
  args: readonly string[],
  execArgv: readonly string[] = [],
): Promise<ServerProcess> {
  const child = fork(join(import.meta.dirname, "tls-server.ts"), args, { execArgv: [...execArgv] });
  const [port] = (await once(child, "message")) as [number];
  return { child, port };
}

/** Microseconds of the server's CPU for what `work` does. */
export async function cost(server: ServerProcess, work: () => Promise<void>): Promise<number> {
  const before = await cpu(server);
  await work();
  return (await cpu(server)) - before;
}

/** So many full handshakes, each with the client's certificate and a greeting. */
export async function visits(port: number, client: CreatedIdentity, count: number): Promise<void> {
  const visitors = Array.from({ length: CLIENTS }, async () => {
    for (let done = 0; done < count / CLIENTS; done++) await visit(port, client, 0);
  });
  await Promise.all(visitors);
}

/** A connection that asks for megabytes, 0 for a greeting. Resolves when all came. */
export function visit(port: number, client: CreatedIdentity, megabytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: "127.0.0.1",
      port,
      rejectUnauthorized: false,
      key: client.privateKeyPem,
      cert: client.certificatePem,
    });
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.resume().write(String(megabytes));
  });
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

async function cpu({ child }: ServerProcess): Promise<number> {
  child.send("cpu");
  const [{ user, system }] = (await once(child, "message")) as [NodeJS.CpuUsage];
  return user + system;
}
