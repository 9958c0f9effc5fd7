import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Seeded } from "../simulation/seeded.ts";

/** What becomes of what passes. */
export type Passage =
  | { readonly kind: "open" }
  /** Nothing passes, and nobody is told. */
  | { readonly kind: "frozen" }
  /** Connections are broken, and none is made. */
  | { readonly kind: "cut" }
  /** Everything comes this much later. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** A connection breaks at a piece of what passes, with this chance. */
  | { readonly kind: "lossy"; readonly chance: number };

const OPEN: Passage = { kind: "open" };
/** PostgreSQL's protocol 3: a message is its type, then its length, these four bytes among it, then the rest. */
const HEAD = 5;
const NOTIFICATION = "A".charCodeAt(0);
const COMPLETE = "C".charCodeAt(0);
/** Comes after the commit. */
const READY = "Z".charCodeAt(0);

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  /** Answers that were not passed on yet: the beginning of a message. */
  rest: Buffer;
  /** What was asked is carried out, and its answer is not heard: whether it was, yet. */
  unanswered: "asked" | "done" | null;
}

/** A network between somebody and one PostgreSQL, by a port of its own, which does what a test says. */
export class UnreliableNetwork implements AsyncDisposable {
  readonly #server: Server;
  readonly #chance: Seeded;
  #target: number;
  readonly #lines = new Set<Line>();
  #passage: Passage = OPEN;
  #isDeaf = false;
  #unanswered = 0;
  #unheard = 0;
  #questions = 0;
  #thaw = Promise.withResolvers<void>();

  /** `target` is a port of this machine. */
  static async open(target: number, chance: Seeded): Promise<UnreliableNetwork> {
    const network = new UnreliableNetwork(target, chance);
    network.#server.listen(0, "127.0.0.1");
    await once(network.#server, "listening");
    return network;
  }

  private constructor(target: number, chance: Seeded) {
    this.#target = target;
    this.#chance = chance;
    this.#server = createServer({ allowHalfOpen: false, noDelay: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks what there is, and leads to another server from now on. */
  leadTo(target: number): void {
    this.#target = target;
    this.break();
  }

  pass(passage: Passage): void {
    this.#passage = passage;
    if (passage.kind === "cut") this.break();
    if (passage.kind === "frozen") return;
    this.#thaw.resolve();
    this.#thaw = Promise.withResolvers<void>();
  }

  /** Whether notifications are dropped on their way. */
  set isDeaf(isDeaf: boolean) {
    this.#isDeaf = isDeaf;
  }

  /** The next that appends to the log is carried out, and its connection breaks before the answer; so often. */
  leaveUnanswered(count: number): void {
    this.#unanswered = count;
  }

  /** How many of these are still to come. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** How many were carried out, and are not heard of. */
  get unheard(): number {
    return this.#unheard;
  }

  /** How many pieces of what clients ask passed so far. */
  get questions(): number {
    return this.#questions;
  }

  break(): void {
    for (const line of this.#lines) this.#end(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.pass(OPEN);
    this.break();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    if (this.#passage.kind === "cut") return void client.destroy();
    const server = connect({ port: this.#target, host: "127.0.0.1", noDelay: true });
    const line: Line = { client, server, rest: Buffer.alloc(0), unanswered: null };
    this.#lines.add(line);
    void this.#carry(line, client, (chunk) => server.write(this.#asked(line, chunk)));
    void this.#carry(line, server, (chunk) => client.write(this.#answered(line, chunk)));
  }

  async #carry(line: Line, from: Socket, write: (chunk: Buffer) => void): Promise<void> {
    from.on("error", () => this.#end(line));
    from.on("close", () => this.#end(line));
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#wait();
        if (this.#passage.kind === "lossy" && this.#chance.chance(this.#passage.chance)) break;
        if (line.client.destroyed || line.server.destroyed) break;
        write(chunk);
      }
    } catch {
      // It broke: so does the other side.
    }
    this.#end(line);
  }

  async #wait(): Promise<void> {
    while (this.#passage.kind === "frozen") await this.#thaw.promise;
    if (this.#passage.kind !== "slow") return;
    const { delayMs } = this.#passage;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }

  #asked(line: Line, chunk: Buffer): Buffer {
    this.#questions += 1;
    if (this.#unanswered > 0 && line.unanswered === null && chunk.includes(".append(")) {
      this.#unanswered -= 1;
      line.unanswered = "asked";
    }
    return chunk;
  }

  /** Whole messages alone; what remains is kept for later. */
  #answered(line: Line, chunk: Buffer): Buffer {
    const all = Buffer.concat([line.rest, chunk]);
    const kept: Buffer[] = [];
    let at = 0;
    while (all.length - at >= HEAD) {
      const end = at + 1 + all.readUInt32BE(at + 1);
      if (end > all.length) break;
      const type = all[at];
      if (line.unanswered === "done" && type === READY) {
        this.#unheard += 1;
        this.#end(line);
      }
      if (line.unanswered !== null && type === COMPLETE) line.unanswered = "done";
      if (line.unanswered !== "done" && !(this.#isDeaf && type === NOTIFICATION))
        kept.push(all.subarray(at, end));
      at = end;
    }
    line.rest = all.subarray(at);
    return Buffer.concat(kept);
  }

  #end(line: Line): void {
    this.#lines.delete(line);
    line.client.destroy();
    line.server.destroy();
  }
}
