import type { Endpoint } from "../tcp/connection.ts";
import type { Sender } from "../../tls/records/sender.ts";
import { encodePcapngHeader, encodePcapngPacket, encodePcapngSecrets } from "./encode-pcapng.ts";
import { SyntheticConnection } from "./synthetic-connection.ts";

export interface PcapngRecorderOptions {
  /** How much of a connection waits for its secrets before it is written without them. Default 1 MiB. */
  readonly heldBytesPerConnection?: number;
}

/** A connection whose bytes are recorded; times are milliseconds since 1970. */
export interface RecordedConnection {
  /** Bytes sent by `sender`; they are copied at once. */
  data(sender: Sender, timeMs: number, bytes: Uint8Array): void;
  /** A line of the key log that belongs to this connection, as the 'keylog' event gives it. */
  keyLog(line: string): void;
  finish(sender: Sender, timeMs: number): void;
  reset(sender: Sender, timeMs: number): void;
  /** Writes what still waits, with or without secrets. */
  flush(): void;
}

const HELD_BYTES_PER_CONNECTION = 1024 * 1024;
const TLS12_LABEL = "CLIENT_RANDOM";
const TLS13_LABELS: readonly string[] = [
  "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  "CLIENT_TRAFFIC_SECRET_0",
  "SERVER_TRAFFIC_SECRET_0",
];

/**
 * Writes a pcapng file of live connections that Wireshark opens decrypted. Wireshark reads once, from front to
 * end, and secrets come late: so a connection's packets wait until its secrets are there, within a bound.
 */
export class PcapngRecorder {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #heldLimit: number;

  /** `write` gets the file from its first byte on, in whole blocks. */
  constructor(write: (bytes: Uint8Array) => void, options: PcapngRecorderOptions = {}) {
    this.#write = write;
    this.#heldLimit = options.heldBytesPerConnection ?? HELD_BYTES_PER_CONNECTION;
    write(encodePcapngHeader());
  }

  /** Begins with the TCP handshake. */
  open(client: Endpoint, server: Endpoint, timeMs: number): RecordedConnection {
    return new Recording(new SyntheticConnection(client, server), timeMs, this.#heldLimit, this.#write);
  }
}

class Recording implements RecordedConnection {
  readonly #synthetic: SyntheticConnection;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #heldLimit: number;
  /** Undefined once nothing waits any more. */
  #held: Uint8Array[] | undefined = [];
  #heldBytes = 0;
  #lines: string[] = [];
  readonly #labels = new Set<string>();
  #finished = 0;

  constructor(
    synthetic: SyntheticConnection,
    timeMs: number,
    heldLimit: number,
    write: (bytes: Uint8Array) => void,
  ) {
    this.#synthetic = synthetic;
    this.#heldLimit = heldLimit;
    this.#write = write;
    this.#packets(timeMs, synthetic.open());
  }

  data(sender: Sender, timeMs: number, bytes: Uint8Array): void {
    this.#packets(timeMs, this.#synthetic.data(sender, bytes));
  }

  keyLog(line: string): void {
    const text = line.trim();
    const [label = ""] = text.split(" ", 1);
    this.#lines.push(`${text}\n`);
    this.#labels.add(label);
    if (this.#held === undefined || this.#hasAllSecrets()) this.flush();
  }

  finish(sender: Sender, timeMs: number): void {
    this.#packets(timeMs, this.#synthetic.finish(sender));
    this.#finished += 1;
    if (this.#finished > 1) this.flush();
  }

  reset(sender: Sender, timeMs: number): void {
    this.#packets(timeMs, this.#synthetic.reset(sender));
    this.flush();
  }

  flush(): void {
    if (this.#lines.length > 0) this.#write(encodePcapngSecrets(this.#lines.join("")));
    this.#lines = [];
    for (const block of this.#held ?? []) this.#write(block);
    this.#held = undefined;
  }

  #packets(timeMs: number, frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      const block = encodePcapngPacket(timeMs, frame);
      if (this.#held === undefined) this.#write(block);
      else {
        this.#held.push(block);
        this.#heldBytes += block.length;
      }
    }
    if (this.#heldBytes > this.#heldLimit && this.#held !== undefined) this.flush();
  }

  #hasAllSecrets(): boolean {
    return this.#labels.has(TLS12_LABEL) || TLS13_LABELS.every((label) => this.#labels.has(label));
  }
}
