import { createServer } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** Node's own HTTP parser, as far as it serves to read what somebody else reads by itself. */
interface Parser {
  initialize(type: number, resource: object): void;
  execute(bytes: Uint8Array): unknown;
  /** Reads a handle from now on, before whoever reads it already. */
  consume(handle: object): void;
  unconsume(): void;
  /** In the callback: a copy of what was read. */
  getCurrentBuffer(): Buffer;
  close(): void;
  [callback: number]: ((result: unknown) => void) | null;
}

interface ParserClass {
  new (): Parser;
  readonly REQUEST: number;
  readonly kOnExecute: number;
}

/** Behind this a parser takes whatever comes for another protocol's, and does nothing with it. */
const UPGRADE = Buffer.from("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
/** What is kept for the next connections. */
const MOST_IDLE = 64;

const idle: Parser[] = [];
let parserClass: ParserClass | null | undefined;

/**
 * Reads a socket before TLS does, which reads below JavaScript; what TLS writes, and the end, pass by. Returns how to
 * leave the reading to TLS again; undefined where this Node cannot.
 *
 * An HTTP server of Node reads the sockets of its connections that way. No other reader that can be put there can be taken
 * away again, and passes on that a write was done (docs/decisions/0029).
 */
export function readAhead(transport: Socket, onRead: (bytes: Buffer) => void): (() => void) | undefined {
  const handle = Reflect.get(transport, "_handle") as object | null;
  parserClass ??= findParserClass() ?? null;
  if (parserClass === null || handle === null || Reflect.get(handle, "isStreamBase") !== true)
    return undefined;
  const parser = idle.pop() ?? newParser(parserClass);
  const { kOnExecute } = parserClass;
  let isReading = true;
  let isBusy = false;
  let isIntact = true;
  const release = (): void => {
    parser[kOnExecute] = null;
    if (isIntact && idle.length < MOST_IDLE) idle.push(parser);
    else setImmediate(() => parser.close());
  };
  const stop = (): void => {
    if (!isReading) return;
    isReading = false;
    parser.unconsume();
    if (!isBusy) release();
  };
  parser[kOnExecute] = (result) => {
    // It took the bytes for HTTP after all.
    if (result !== 0) isIntact = false;
    isBusy = true;
    try {
      onRead(parser.getCurrentBuffer());
    } finally {
      isBusy = false;
      if (!isReading) release();
    }
  };
  parser.consume(handle);
  transport.on("close", stop);
  return stop;
}

function newParser(Class: ParserClass): Parser {
  const parser = new Class();
  parser.initialize(Class.REQUEST, {});
  parser.execute(UPGRADE);
  return parser;
}

/** Node shows it nowhere but on the connections of a server. */
function findParserClass(): ParserClass | undefined {
  const connection = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  createServer().emit("connection", connection);
  const parser: unknown = Reflect.get(connection, "parser");
  connection.destroy();
  if (typeof parser !== "object" || parser === null) return undefined;
  const hasAll = ["initialize", "execute", "consume", "unconsume", "getCurrentBuffer", "close"].every(
    (name) => typeof Reflect.get(parser, name) === "function",
  );
  const { constructor: Class } = parser as { readonly constructor: unknown };
  if (!hasAll || typeof Class !== "function") return undefined;
  return typeof Reflect.get(Class, "kOnExecute") === "number" ? (Class as unknown as ParserClass) : undefined;
}
