import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import tls, { type ConnectionOptions, type TlsOptions } from "node:tls";
import { PATIENCE_MS } from "../../support/patience.ts";

/** What went over the wire, in the order in which it did, and the secrets that were logged. */
export interface RecordedConnection {
  readonly chunks: readonly RecordedChunk[];
  readonly keyLog: string;
  /** As IANA calls the suite, and as OpenSSL does. */
  readonly cipher: string;
  readonly opensslCipher: string;
  readonly resumed: boolean;
  /** For resuming it. */
  readonly session: Buffer | undefined;
}

export interface RecordedChunk {
  readonly from: "client" | "server";
  readonly bytes: Uint8Array;
}

/** The application data that the two sides send: of the client's there is more than fits into one record. */
export const SENT: Readonly<Record<"client" | "server", string>> = {
  client: "a question, of some length; ".repeat(1_000),
  server: "the answer",
};

/** Makes a connection in memory in which each side says something, then both end. */
export async function recordConnection(
  server: TlsOptions,
  client: ConnectionOptions,
): Promise<RecordedConnection> {
  const chunks: RecordedChunk[] = [];
  const [ofClient, clientEnd] = duplexPair();
  const [ofServer, serverEnd] = duplexPair();
  pass(clientEnd, serverEnd, (bytes) => chunks.push({ from: "client", bytes }));
  pass(serverEnd, clientEnd, (bytes) => chunks.push({ from: "server", bytes }));
  const keyLog: string[] = [];
  const listener = tls.createServer(server, (socket) => {
    socket.on("error", () => socket.destroy());
    let waitingFor = SENT.client.length;
    socket.on("data", (chunk: Buffer) => {
      waitingFor -= chunk.length;
      if (waitingFor === 0) socket.end(SENT.server);
    });
  });
  // A client without a suite throws here, when no server waits for it yet.
  const socket = tls.connect({
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...client,
    socket: ofClient,
  });
  listener.on("tlsClientError", (error) => socket.destroy(error));
  listener.emit("connection", ofServer);
  socket.on("keylog", (line: Buffer) => keyLog.push(line.toString("latin1")));
  let session: Buffer | undefined;
  socket.on("session", (ticket) => (session = ticket));
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    await once(socket, "secureConnect", { signal });
    const { standardName: cipher, name: opensslCipher } = socket.getCipher();
    const resumed = socket.isSessionReused();
    socket.write(SENT.client);
    socket.resume();
    await once(socket, "end", { signal });
    return { chunks, keyLog: keyLog.join(""), cipher, opensslCipher, resumed, session };
  } finally {
    socket.destroy();
    ofServer.destroy();
  }
}

function pass(from: Duplex, to: Duplex, seen: (bytes: Uint8Array) => void): void {
  from.on("data", (chunk: Buffer) => {
    seen(chunk);
    to.write(chunk);
  });
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
}
