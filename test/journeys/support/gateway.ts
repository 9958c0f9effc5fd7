import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createConnection } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Home, type RunningServer, startServer } from "../../cli/support/serve.ts";
import { received } from "../../gateway/support/upstream.ts";

/** Waits until a program that says nothing of it listens, for at most two minutes, or until nobody waits: Caddy takes 6 seconds alone, and some stand in a queue. */
export async function reachable(port: number, signal?: AbortSignal): Promise<void> {
  for (let tries = 0; ; tries++) {
    const socket = createConnection(port, "127.0.0.1");
    const [outcome] = await Promise.race([
      once(socket, "connect").then(() => ["up"]),
      once(socket, "close"),
    ]).catch(() => ["down"]);
    socket.destroy();
    if (outcome === "up") return;
    assert.ok(tries < 1200, `nobody listens on ${port}`);
    await pause(100, undefined, { signal });
  }
}

export function startGateway(home: Home, to: string, ...args: readonly string[]): Promise<RunningServer> {
  return startServer(home, ["gateway", "--to", to, "--first-use", "accept", ...args]);
}

export function startForward(
  home: Home,
  gateway: RunningServer,
  ...args: readonly string[]
): Promise<RunningServer> {
  return startServer(home, ["forward", "127.0.0.1:0", gateway.address, ...args]);
}

/** Says something and reads to the end of the answer. */
export async function ask(port: number, said: Uint8Array): Promise<Buffer> {
  const socket = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  const answer = received(socket);
  socket.end(said);
  return answer;
}

/** Keeps asking on new connections and one old one until it is told to stop. */
export class Load {
  asked = 0;
  readonly problems: string[] = [];
  readonly #running: Promise<unknown>;
  #stopped = false;

  constructor(port: number, workers: number) {
    this.#running = Promise.all(Array.from({ length: workers }, () => this.#run(port)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(port: number): Promise<void> {
    while (!this.#stopped) {
      const said = randomBytes(20_000);
      const answer = await ask(port, said).catch(String);
      this.asked += 1;
      if (typeof answer === "string" || !answer.equals(said)) {
        this.problems.push(typeof answer === "string" ? answer : `${answer.length} bytes came back`);
      }
    }
  }
}
