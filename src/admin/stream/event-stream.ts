/** What may lie unread for somebody who reads slowly, in bytes. */
const MOST_UNREAD = 256 * 1024;

/** One reader of what happens, in the format of server-sent events (HTML Living Standard §9.2). */
export class EventStream {
  readonly readable: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** `onEnd` is called once, whoever ends it. */
  constructor(onEnd: () => void) {
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        cancel: () => {
          this.#controller = undefined;
          onEnd();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MOST_UNREAD }),
    );
    this.#onEnd = onEnd;
  }

  readonly #onEnd: () => void;

  /** Ends it, and lets who reads come back. */
  end(): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    this.#controller = undefined;
    controller.close();
    this.#onEnd();
  }

  /** Tells one event. Who does not read is let go: on coming back, it says what it had last. */
  tell(event: string, data: unknown, id?: number): void {
    const place = id === undefined ? "" : `id: ${id}\n`;
    this.#write(`${place}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Keeps alive whatever stands between. */
  breathe(): void {
    this.#write(":\n\n");
  }

  #write(text: string): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    controller.enqueue(Buffer.from(text));
    if ((controller.desiredSize ?? 0) <= 0) this.end();
  }
}
