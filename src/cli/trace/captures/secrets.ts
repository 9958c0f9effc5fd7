import { closeSync, openSync, readSync } from "node:fs";
import { HandclaspError, reasonOf } from "../../../errors.ts";
import { type KeyLogEntry, keyLogDecoder, parseKeyLog } from "../../../tls/keys/key-log.ts";

const PIECE_BYTES = 1024 * 1024;

/** Told a secret of one connection. */
export type SecretListener = (entry: KeyLogEntry) => void;

/** The secrets of many connections, found by the random of their ClientHello. RFC 9850 §2. */
export class TraceSecrets {
  /** Label, space and secret as flat strings in Latin-1: of a key log of millions little else is kept. */
  readonly #byRandom = new Map<string, string[]>();
  readonly #followers: Map<string, Set<SecretListener>> | undefined;
  readonly #bySession = new Map<string, Uint8Array>();
  #malformedLines = 0;
  #premasterLines = 0;

  /** `grows` tells whether secrets may come when their connections are being read already. */
  constructor({ grows = false }: { readonly grows?: boolean } = {}) {
    this.#followers = grows ? new Map() : undefined;
  }

  /** Lines that are no lines of a key log. */
  get malformedLines(): number {
    return this.#malformedLines;
  }

  /** Lines that hold a premaster secret, from which nothing is derived here. */
  get premasterLines(): number {
    return this.#premasterLines;
  }

  add(keyLog: string | Uint8Array): void {
    const { entries, sessions, premasterLines, malformedLines } = parseKeyLog(keyLog);
    this.#malformedLines += malformedLines;
    this.#premasterLines += premasterLines;
    for (const { sessionId, masterSecret } of sessions) this.#bySession.set(hex(sessionId), masterSecret);
    for (const entry of entries) {
      const random = toLatin1(entry.clientRandom);
      const packed = Buffer.concat([Buffer.from(`${entry.label} `, "latin1"), entry.secret]).toString(
        "latin1",
      );
      const known = this.#byRandom.get(random);
      if (known === undefined) this.#byRandom.set(random, [packed]);
      else known.push(packed);
      for (const follower of this.#followers?.get(random) ?? []) follower(entry);
    }
  }

  /** Throws ERR_HANDCLASP_OPTION when the file cannot be read. */
  addFile(path: string): void {
    try {
      const file = openSync(path, "r");
      try {
        this.#addPieces(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `cannot read ${path}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Each up to the end of a line; of a line that is longer than a piece only the beginning, which is no line of a key log. */
  #addPieces(file: number): void {
    let decode: ((bytes: Uint8Array) => string) | undefined;
    let rest = "";
    const piece = Buffer.alloc(PIECE_BYTES);
    for (;;) {
      const length = readSync(file, piece);
      if (length === 0) break;
      const bytes = piece.subarray(0, length);
      decode ??= keyLogDecoder(bytes);
      const text = rest + decode(bytes);
      const end = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1;
      if (end > 0) this.add(text.slice(0, end));
      rest = text.slice(end, end + PIECE_BYTES);
    }
    this.add(rest);
  }

  /** The master secret of a session, by the id in its ServerHello. */
  ofSession(sessionId: Uint8Array): Uint8Array | undefined {
    return this.#bySession.size === 0 ? undefined : this.#bySession.get(hex(sessionId));
  }

  /** Gives the secrets of a connection, those that come later when they come, until what is returned is called. */
  follow(clientRandom: Uint8Array, onSecret: SecretListener): () => void {
    const random = toLatin1(clientRandom);
    for (const packed of this.#byRandom.get(random) ?? []) onSecret(unpack(packed, clientRandom));
    const all = this.#followers;
    if (all === undefined) return ignore;
    const ofThis = all.get(random) ?? new Set();
    all.set(random, ofThis.add(onSecret));
    return () => {
      ofThis.delete(onSecret);
      if (ofThis.size === 0) all.delete(random);
    };
  }
}

function ignore(): void {}

function unpack(packed: string, clientRandom: Uint8Array): KeyLogEntry {
  const at = packed.indexOf(" ");
  return { label: packed.slice(0, at), clientRandom, secret: Buffer.from(packed.slice(at + 1), "latin1") };
}

function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
