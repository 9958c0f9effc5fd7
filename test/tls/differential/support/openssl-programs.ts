import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../../../support/patience.ts";
import type { Chunks } from "./observed.ts";

/** What s_client and s_server told of a connection with -msg, each as its blocks of text. */
export interface OpensslConnection {
  readonly chunks: Chunks;
  readonly keyLog: string;
  readonly client: readonly string[];
  readonly server: readonly string[];
}

/** A line for the standard input of one of them, and what it leads to in the output of either. */
export interface Step {
  readonly at: "client" | "server";
  readonly say: string;
  readonly until: RegExp;
}

/** An `openssl s_server` that may serve several connections, one after the other. */
export class OpensslServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #program: Program;
  readonly #port: number;
  #told = 0;
  #toldOnStdout = 0;
  #runs = 0;

  private constructor(folder: string, program: Program, port: number) {
    this.#folder = folder;
    this.#program = program;
    this.#port = port;
  }

  static async start(folder: string, args: readonly string[]): Promise<OpensslServer> {
    const identity = ["-cert", join(folder, "p256.pem"), "-key", join(folder, "p256.pem")];
    const program = new Program(["s_server", "-accept", "127.0.0.1:0", "-msg", ...identity, ...args]);
    const [, port] = await program.outputs(/ACCEPT 127\.0\.0\.1:(\d+)/);
    return new OpensslServer(folder, program, Number(port));
  }

  /** One connection of s_client, from the first byte until both sides said close_notify. */
  async connect(args: readonly string[], steps: readonly Step[]): Promise<OpensslConnection> {
    const chunks: (readonly ["client" | "server", Uint8Array])[] = [];
    const relay = net.createServer((client) => {
      const upstream = net.connect({ port: this.#port, host: "127.0.0.1" });
      for (const [from, to, name] of [
        [client, upstream, "client"],
        [upstream, client, "server"],
      ] as const) {
        from.on("data", (bytes: Buffer) => {
          chunks.push([name, bytes]);
          to.write(bytes);
        });
        from.on("error", () => to.destroy());
        from.on("end", () => to.end());
      }
    });
    await once(relay.listen(0, "127.0.0.1"), "listening");
    const keyLog = join(this.#folder, `keys-${this.#port}-${this.#runs++}`);
    const { port } = relay.address() as AddressInfo;
    const client = new Program([
      "s_client",
      "-connect",
      `127.0.0.1:${port}`,
      "-msg",
      "-keylogfile",
      keyLog,
      ...args,
    ]);
    try {
      for (const { at, say, until } of steps) {
        const seen = { client: client.output.length, server: this.#program.output.length };
        (at === "client" ? client : this.#program).say(say);
        await Promise.any([client.outputs(until, seen.client), this.#program.outputs(until, seen.server)]);
      }
      client.say("Q");
      await client.exit;
      await this.#program.outputs(/CONNECTION CLOSED|shutting down SSL/, this.#told);
      const told = this.#program.stdout.slice(this.#toldOnStdout);
      this.#told = this.#program.output.length;
      this.#toldOnStdout = this.#program.stdout.length;
      const blocks = { client: blocksOf(client.stdout), server: fromHello(blocksOf(told)) };
      return { chunks, keyLog: readFileSync(keyLog, "latin1"), ...blocks };
    } finally {
      client.stop();
      relay.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.stop();
    await this.#program.exit;
  }
}

/** The openssl program at work; what it prints is kept. */
class Program {
  /** On both streams, mixed as they came. */
  output = "";
  /** Where -msg goes, which nothing on stderr may cut in two. */
  stdout = "";
  readonly exit: Promise<unknown>;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(args: readonly string[]) {
    this.#child = spawn("openssl", args, { stdio: "pipe", timeout: FILE_PATIENCE_MS });
    // Not "exit": output may still be on its way then.
    this.exit = once(this.#child, "close");
    this.#child.stdin.on("error", () => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on("data", (text: Buffer) => {
        this.output += text.toString("latin1");
        if (stream === this.#child.stdout) this.stdout += text.toString("latin1");
        this.#child.emit("output");
      });
  }

  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  stop(): void {
    this.#child.kill();
  }

  /** The match, as soon as it is there. */
  async outputs(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const output = this.output.slice(from);
      const match = pattern.exec(output);
      if (match !== null) return match;
      try {
        await once(this.#child, "output", { signal });
      } catch (cause) {
        throw new Error(`${pattern} does not come, but ${output}`, { cause });
      }
    }
  }
}

/** Without what the server had still to say of the connection before. */
function fromHello(blocks: readonly string[]): readonly string[] {
  let start = blocks.findIndex((block) => /^<<< .*, ClientHello/.test(block));
  while (/^<<< .*RecordHeader.*\n {4}16/.test(blocks[start - 1] ?? "")) start--;
  return blocks.slice(start);
}

/** Head and hex lines of each message. */
function blocksOf(output: string): readonly string[] {
  return Array.from(
    output.matchAll(/^(?:>>>|<<<) .*(?:\n {4}[0-9a-f]{2}(?: [0-9a-f]{2})*$)+/gm),
    ([block]) => block,
  );
}
