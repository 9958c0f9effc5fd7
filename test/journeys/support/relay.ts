import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Sees what a client sends and hands on what it likes. Undefined ends it. */
export type Meddler = (chunk: Buffer, upstream: Socket) => Buffer | undefined;

/** Stands between a client and a server and meddles with what the client sends. */
export class Relay implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** `meddler` makes one for each connection. */
  static async open(toPort: number, meddler: () => Meddler): Promise<Relay> {
    const server = createServer((client) => {
      const meddle = meddler();
      const upstream = connect(toPort, "127.0.0.1");
      for (const side of [client, upstream]) side.on("error", () => undefined);
      client.on("data", (chunk: Buffer) => {
        const handedOn = meddle(chunk, upstream);
        if (handedOn !== undefined && upstream.writable) upstream.write(handedOn);
      });
      client.on("close", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
      upstream.pipe(client);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Relay(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Hands on so many bytes and then lets go of the server. */
export function cutAfter(bytes: number, how: "reset" | "end"): Meddler {
  let left = bytes;
  return (chunk, upstream) => {
    const part = chunk.subarray(0, left);
    left -= part.length;
    if (left > 0) return part;
    upstream.write(part, () => (how === "reset" ? upstream.resetAndDestroy() : upstream.end()));
    return undefined;
  };
}

const HANDSHAKE = 22;
const CERTIFICATE = 11;
/** Record header, handshake header, length of the list, length of the certificate. RFC 5246 §7.4.2. */
const BEFORE_DER = 5 + 4 + 3 + 3;

/** Flips a bit of the client's certificate, `place` of the way through, which TLS 1.2 sends in the clear. */
export function damageCertificate(place: number): Meddler {
  return (chunk) => {
    const damaged = Buffer.from(chunk);
    for (let at = 0; at + BEFORE_DER < damaged.length; at += 5 + damaged.readUInt16BE(at + 3)) {
      if (damaged[at] !== HANDSHAKE || damaged[at + 5] !== CERTIFICATE) continue;
      const length = damaged.readUIntBE(at + BEFORE_DER - 3, 3);
      const target = at + BEFORE_DER + Math.floor(length * place);
      if (target < damaged.length) damaged.writeUInt8((damaged[target] ?? 0) ^ 0x04, target);
    }
    return damaged;
  };
}
