/** A message of a stream of server-sent events (HTML, §9.2.6). */
export interface StreamMessage {
  readonly type: string;
  readonly data: string;
  /** The last id that was said, here or before; null when there was none. */
  readonly id: string | null;
}

/** Reads text/event-stream as it comes, in whatever pieces. */
export class EventStream {
  #rest = "";
  #begun = false;
  #type = "";
  #data: string[] = [];
  #id: string | null = null;

  /** The messages that end in this piece. */
  push(text: string): readonly StreamMessage[] {
    let pending = this.#rest + text;
    if (!this.#begun && pending !== "") {
      this.#begun = true;
      if (pending.startsWith("\u{FEFF}")) pending = pending.slice(1);
    }
    // A line feed may follow with the next piece.
    const held = pending.endsWith("\r") ? "\r" : "";
    const lines = pending.slice(0, pending.length - held.length).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + held;
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): readonly StreamMessage[] {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return [];
  }

  #dispatch(): readonly StreamMessage[] {
    const type = this.#type === "" ? "message" : this.#type;
    const data = this.#data;
    this.#type = "";
    this.#data = [];
    return data.length === 0 ? [] : [{ type, data: data.join("\n"), id: this.#id }];
  }
}
