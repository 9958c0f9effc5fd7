import { createHash, createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { HandclaspError } from "../../errors.ts";
import type { KeyPin } from "../records/key-record.ts";
import { toPeerName } from "./peer-name.ts";
import { isStartTlsProtocol } from "./starttls-protocol.ts";

/** What a join token says: everything a client needs to find a server, to know it, and to be let in once. */
export interface JoinToken {
  /** 16 bytes, lower-case hex: the store's name for it. */
  readonly id: string;
  /** The private half: 32 bytes of an Ed25519 key (RFC 8032 §5.1.5). It never travels. */
  readonly seed: Uint8Array;
  /** The server's key. */
  readonly serverPin: KeyPin;
  /** `HOST:PORT`, or `PROTOCOL://HOST:PORT` where TLS is asked for in the clear; the first to be tried first; at least one. */
  readonly servers: readonly string[];
  /** The name that the client will have. */
  readonly peer: string;
  /** Milliseconds since the epoch, whole seconds. */
  readonly expires: number;
}

/** What a token begins with; of one that has an address with a protocol, which earlier readers do not know, the second. */
const [PREFIX, PREFIX_WITH_PROTOCOLS] = ["hc1.", "hc2."];
const ID_BYTES = 16;
const SEED_BYTES = 32;
const PIN_BYTES = 32;
const CHECK_BYTES = 4;
const MOST_SERVERS = 8;
const MOST_TEXT_BYTES = 255;
const MOST_PORT = 65_535;
/** Eight addresses of 255 bytes fit. */
const MOST_CHARACTERS = 4096;
const ADDRESS =
  /^(?:(?<protocol>[a-z\d]+):\/\/)?(?:\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\]|[^\s:[\]/@\p{C}]+):(?<port>\d+)$/u;
/** PKCS #8 of an Ed25519 key up to its seed (RFC 8410 §7). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** A new token with an id and a seed of its own. Throws ERR_HANDCLASP_OPTION for what a token cannot say. */
export function createJoinToken(about: Omit<JoinToken, "id" | "seed">): JoinToken {
  const problem = problemOfServers(about.servers);
  if (problem !== undefined) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `no join token can be made: ${problem}`, {
      hint: "say how clients reach the server, as HOST:PORT or PROTOCOL://HOST:PORT, up to eight times",
    });
  }
  return {
    ...about,
    id: randomBytes(ID_BYTES).toString("hex"),
    seed: new Uint8Array(randomBytes(SEED_BYTES)),
  };
}

/** What a store keeps of a token: the 32 bytes of its Ed25519 public key. A stolen store joins nobody. */
export function joinTokenPublicKey({ seed }: Pick<JoinToken, "seed">): Uint8Array {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return new Uint8Array(spki.subarray(-32));
}

/**
 * One string: `hc1.`, or `hc2.` where an address has a protocol, and base64url (RFC 4648 §5) of id, seed, server pin, expiry in seconds (5 bytes), name and addresses
 * (each with its length in one byte, the addresses after their count), and 4 bytes of SHA-256 over all that.
 */
export function encodeJoinToken({ id, seed, serverPin, servers, peer, expires }: JoinToken): string {
  const seconds = Buffer.alloc(5);
  seconds.writeUIntBE(Math.floor(expires / 1000), 0, 5);
  const body = Buffer.concat([
    Buffer.from(id, "hex"),
    seed,
    Buffer.from(serverPin.slice("sha256:".length), "base64"),
    seconds,
    short(peer),
    Uint8Array.of(servers.length),
    ...servers.map(short),
  ]);
  return prefixFor(servers) + Buffer.concat([body, checkOf(body)]).toString("base64url");
}

/** Reads a token; white space around and inside is forgiven. Throws ERR_HANDCLASP_TOKEN. */
export function parseJoinToken(text: string): JoinToken {
  const compact = text.replaceAll(/\s+/g, "");
  if (!compact.startsWith("hc")) throw malformed("it does not begin with hc1.");
  const prefix = compact.slice(0, PREFIX.length);
  if (prefix !== PREFIX && prefix !== PREFIX_WITH_PROTOCOLS) {
    throw malformed("it is of a version that this handclasp does not know");
  }
  const encoded = compact.slice(PREFIX.length);
  if (encoded.length > MOST_CHARACTERS || !/^[\w-]+$/.test(encoded)) throw malformed("it is not base64url");
  const bytes = Buffer.from(encoded, "base64url");
  const body = bytes.subarray(0, -CHECK_BYTES);
  if (bytes.length <= CHECK_BYTES || !checkOf(body).equals(bytes.subarray(-CHECK_BYTES))) {
    throw malformed("a character is missing or wrong");
  }
  const token = new TokenReader(body).read();
  if (prefixFor(token.servers) !== prefix) throw malformed("its beginning does not go with its addresses");
  return token;
}

function prefixFor(servers: readonly string[]): string {
  return servers.some((server) => server.includes("://")) ? PREFIX_WITH_PROTOCOLS : PREFIX;
}

class TokenReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(): JoinToken {
    const id = this.#take(ID_BYTES).toString("hex");
    const seed = new Uint8Array(this.#take(SEED_BYTES));
    const serverPin: KeyPin = `sha256:${this.#take(PIN_BYTES).toString("base64")}`;
    const expires = this.#take(5).readUIntBE(0, 5) * 1000;
    const name = toPeerName(this.#text());
    const count = this.#take(1)[0] ?? 0;
    const servers = Array.from({ length: count }, () => this.#text());
    if (!name.ok) throw malformed(`the name in it cannot be one: ${name.problem}`);
    const problem = problemOfServers(servers);
    if (problem !== undefined) throw malformed(problem);
    if (this.#at !== this.#bytes.length) throw malformed("it goes on after its end");
    return { id, seed, serverPin, servers, peer: name.name, expires };
  }

  #text(): string {
    return this.#take(this.#take(1)[0] ?? 0).toString("utf8");
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed("it ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function problemOfServers(servers: readonly string[]): string | undefined {
  if (servers.length < 1) return "it names no server";
  if (servers.length > MOST_SERVERS) return `it names more than ${MOST_SERVERS} addresses`;
  for (const server of servers) {
    const problem = problemOfServer(server);
    if (problem !== undefined) return `one of its servers ${problem}`;
  }
  return undefined;
}

function problemOfServer(text: string): string | undefined {
  const { port, protocol } = ADDRESS.exec(text)?.groups ?? {};
  if (port === undefined) return "is not HOST:PORT";
  if (protocol !== undefined && !isStartTlsProtocol(protocol)) {
    return "asks for TLS in a way that this handclasp does not know";
  }
  if (Number(port) > MOST_PORT) return `has a port that is too large: they end at ${MOST_PORT}`;
  return Buffer.byteLength(text) > MOST_TEXT_BYTES ? `is longer than ${MOST_TEXT_BYTES} bytes` : undefined;
}

/** Text of up to 255 bytes behind its length in one byte. */
function short(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
}

function checkOf(body: Uint8Array): Buffer {
  return createHash("sha256").update(body).digest().subarray(0, CHECK_BYTES);
}

function malformed(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_TOKEN", `this is no join token: ${problem}`, {
    hint: "copy it again, from hc1. or hc2. to its end, or ask for a new one",
    remedies: [{ act: "create-token", at: "server" }],
  });
}
