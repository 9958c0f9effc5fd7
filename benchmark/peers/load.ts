// The clients of the comparison: the same work for every server.
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, createSecureContext, type TLSSocket } from "node:tls";
import type { CreatedIdentity } from "../../src/x509/create-identity.ts";

export interface Client {
  /** Ends when a new connection is made, not resumed, with the client's certificate. */
  open(port: number): Promise<TLSSocket>;
  /** The same for HTTP/2. */
  openHttp2(port: number): Promise<ClientHttp2Session>;
}

/** TLS 1.3 over X25519, which every contender has: the same cryptography for all of them. */
export function createClient(identity: CreatedIdentity): Client {
  const secureContext = createSecureContext({
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    minVersion: "TLSv1.3",
    ecdhCurve: "X25519",
    ciphers: "TLS_AES_128_GCM_SHA256",
  });
  const options = { host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false, secureContext };
  return {
    openHttp2: async (port) => {
      const session = connectHttp2(`https://localhost:${port}`, {
        createConnection: () => connect({ ...options, port, ALPNProtocols: ["h2"] }).setNoDelay(true),
      });
      await once(session, "remoteSettings");
      return session.on("error", () => undefined);
    },
    open: (port) =>
      new Promise((resolve, reject) => {
        const socket = connect({ ...options, port });
        socket.setNoDelay(true);
        socket.once("error", reject);
        socket.once("secureConnect", () => {
          socket.off("error", reject);
          socket.on("error", () => undefined);
          resolve(socket);
        });
      }),
  };
}

/** So many connections, a few at a time: handshake, a byte to the upstream and back, end. */
export async function handshakes(client: Client, port: number, count: number, atOnce = 4): Promise<void> {
  let left = count;
  const visitor = async (): Promise<void> => {
    while (left-- > 0) {
      const socket = await client.open(port);
      socket.write("x");
      await bytes(socket, 1);
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, visitor));
}

/** So many bytes from the upstream over one connection. */
export async function download(client: Client, port: number, count: number): Promise<void> {
  const socket = await client.open(port);
  socket.write(`D${count}\n`);
  await bytes(socket, count);
  socket.destroy();
}

/** So many bytes to the upstream over one connection. */
export async function upload(client: Client, port: number, count: number): Promise<void> {
  const socket = await client.open(port);
  const chunk = Buffer.alloc(256 * 1024, "handclasp ");
  const told = bytes(socket, 2);
  socket.write(`U${count}\n`);
  for (let left = count; left > 0; left -= chunk.length) {
    const more = socket.write(left >= chunk.length ? chunk : chunk.subarray(0, left));
    if (!more) await new Promise((resolve) => socket.once("drain", resolve));
  }
  await told;
  socket.destroy();
}

/** Sends what `next` gives and waits for so many bytes, over and over, on each of the sockets. */
export async function pingPong(
  sockets: readonly TLSSocket[],
  message: Buffer,
  answered: (socket: TLSSocket) => Promise<void>,
  count: number,
): Promise<void> {
  let left = count;
  const player = async (socket: TLSSocket): Promise<void> => {
    while (left-- > 0) {
      const answer = answered(socket);
      socket.write(message);
      await answer;
    }
  };
  await Promise.all(sockets.map(player));
}

/** So many GETs, one after the other on each of so many streams of each session. */
export async function http2Requests(
  sessions: readonly ClientHttp2Session[],
  path: string,
  count: number,
  streams: number,
): Promise<void> {
  let left = count;
  const player = async (session: ClientHttp2Session): Promise<void> => {
    while (left-- > 0) {
      const stream = session.request({ ":path": path }).resume();
      const [[fields]] = await Promise.all([once(stream, "response"), once(stream, "close")]);
      if (fields[":status"] !== 200) throw new Error(`not a good answer: ${fields[":status"]}`);
    }
  };
  await Promise.all(sessions.flatMap((session) => Array.from({ length: streams }, () => player(session))));
}

/** Resolves when so many more bytes came; rejects when the connection ends before. */
export function bytes(socket: TLSSocket, count: number): Promise<void> {
  let left = count;
  return until(socket, (data) => (left -= data.length) <= 0);
}

/** Resolves when one whole response with a Content-Length came. */
export function response(socket: TLSSocket): Promise<void> {
  let text = "";
  let whole = Number.POSITIVE_INFINITY;
  return until(socket, (data) => {
    text += data.toString("latin1");
    if (whole === Number.POSITIVE_INFINITY) whole = wholeLength(text);
    return text.length >= whole;
  });
}

function wholeLength(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return Number.POSITIVE_INFINITY;
  if (!text.startsWith("HTTP/1.1 200")) throw new Error(`not a good answer: ${text.slice(0, 200)}`);
  const [, length] = /^content-length: *(\d+)/im.exec(text.slice(0, head)) ?? [];
  if (length === undefined) throw new Error(`no length: ${text.slice(0, head)}`);
  return head + 4 + Number(length);
}

function until(socket: TLSSocket, done: (data: Buffer) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      socket.off("data", onData);
      socket.off("close", onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onData = (data: Buffer): void => {
      try {
        if (done(data)) settle();
      } catch (error) {
        settle(error as Error);
      }
    };
    const onClose = (): void => settle(new Error("the connection ended too early"));
    socket.on("data", onData);
    socket.on("close", onClose);
  });
}
