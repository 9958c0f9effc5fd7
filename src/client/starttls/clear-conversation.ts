import type { Socket } from "node:net";

/** All replies before TLS together are short; who sends more is no such server. */
const MOST_BYTES = 64 * 1024;

/** What is said in the clear before TLS begins: no byte is lost, and none read that nobody asked for. */
export class ClearConversation {
  readonly #socket: Socket;
  #kept: Buffer = Buffer.alloc(0);
  #heardBytes = 0;
  #failure: Error | undefined;
  #heard: () => void = () => undefined;
  readonly #onData = (chunk: Buffer): void => {
    this.#kept = Buffer.concat([this.#kept, chunk]);
    this.#heardBytes += chunk.length;
    if (this.#heardBytes > MOST_BYTES) this.fail(new Error("said more than any such server says"));
    this.#heard();
  };
  readonly #onEnd = (): void => this.fail(new Error("closed the connection"));
  readonly #onError = (error: Error): void => this.fail(new Error(`broke off: ${error.message}`));

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onEnd);
  }

  /** How many bytes came that nobody asked for yet. */
  get left(): number {
    return this.#kept.length;
  }

  say(text: string | Uint8Array): void {
    this.#socket.write(text);
  }

  /** A line without its end. */
  async line(): Promise<string> {
    const line = await this.#until(() => this.#kept.indexOf("\n") + 1);
    return line.toString("latin1").replace(/\r?\n$/, "");
  }

  bytes(count: number): Promise<Buffer> {
    return this.#until(() => (this.#kept.length >= count ? count : 0));
  }

  /** Everything up to the end of `mark`. */
  async upTo(mark: RegExp): Promise<string> {
    const found = await this.#until(() => {
      const match = mark.exec(this.#kept.toString("latin1"));
      return match === null ? 0 : match.index + match[0].length;
    });
    return found.toString("latin1");
  }

  /** Whoever waits for an answer gets this instead. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#heard();
  }

  /** Leaves the socket to whoever reads it next: paused, with nothing read. */
  close(): void {
    this.#socket.pause();
    this.#socket.off("data", this.#onData);
    this.#socket.off("end", this.#onEnd);
    this.#socket.off("error", this.#onError);
    this.#socket.off("close", this.#onEnd);
  }

  /** Takes as many bytes as `length` says, once that is more than none. */
  async #until(length: () => number): Promise<Buffer> {
    for (;;) {
      const count = length();
      if (count > 0) {
        const taken = this.#kept.subarray(0, count);
        this.#kept = this.#kept.subarray(count);
        return taken;
      }
      if (this.#failure !== undefined) throw this.#failure;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#heard = resolve;
      await promise;
    }
  }
}
