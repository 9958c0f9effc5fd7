import { readFileSync } from "node:fs";
import { HandclaspError } from "../../errors.ts";
import { type KeyLogEntry, parseKeyLog } from "../../tls/key-log.ts";

/** Told a secret of one connection. */
export type SecretListener = (entry: KeyLogEntry) => void;

/** The secrets of many connections, found by the random of their ClientHello. RFC 9850 §2. */
export class TraceSecrets {
  readonly #byRandom = new Map<string, KeyLogEntry[]>();
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
      const random = hex(entry.clientRandom);
      const known = this.#byRandom.get(random);
      if (known === undefined) this.#byRandom.set(random, [entry]);
      else known.push(entry);
      for (const follower of this.#followers?.get(random) ?? []) follower(entry);
    }
  }

  /** Throws ERR_HANDCLASP_OPTION when the file cannot be read. */
  addFile(path: string): void {
    try {
      this.add(readFileSync(path));
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `cannot read ${path}: ${said}`, { cause: error });
    }
  }

  /** The master secret of a session, by the id in its ServerHello. */
  ofSession(sessionId: Uint8Array): Uint8Array | undefined {
    return this.#bySession.size === 0 ? undefined : this.#bySession.get(hex(sessionId));
  }

  /** Gives the secrets of a connection, those that come later when they come, until what is returned is called. */
  follow(clientRandom: Uint8Array, onSecret: SecretListener): () => void {
    const random = hex(clientRandom);
    for (const entry of this.#byRandom.get(random) ?? []) onSecret(entry);
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

/** An entry as a line of a key log. */
export function toKeyLogLine({ label, clientRandom, secret }: KeyLogEntry): string {
  return `${label} ${hex(clientRandom)} ${hex(secret)}`;
}

function ignore(): void {}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
