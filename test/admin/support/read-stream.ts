/** An event as a browser gets it. */
export interface StreamedEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

/** A stream of server-sent events that is read one by one. */
export class StreamReader implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor({ body }: Response) {
    if (body === null) throw new Error("no stream");
    this.#reader = body.getReader();
  }

  /** The next block as it came, a comment too; null at the end. */
  async block(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return block;
      }
      const { value, done } = await this.#reader.read();
      if (done) return null;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The next event of one of these types; all when none is given. Null at the end. */
  async next(...types: readonly string[]): Promise<StreamedEvent | null> {
    for (;;) {
      const block = await this.block();
      if (block === null) return null;
      const event = /^event: (.*)$/m.exec(block)?.[1];
      if (event === undefined || (types.length > 0 && !types.includes(event))) continue;
      const data = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "null") as unknown;
      return { id: /^id: (.*)$/m.exec(block)?.[1] ?? null, event, data };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }
}
