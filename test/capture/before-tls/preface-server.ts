import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { createIdentity } from "../../../src/x509/create-identity.ts";

/** What a server says before TLS: it waits until the client's bytes match, and answers. */
export type Step = readonly [until: RegExp, answer: string];

export interface Preface {
  readonly greeting?: string;
  readonly steps: readonly Step[];
}

/** Speaks a preface to each connection, as `current` says, and passes what follows on to a TLS server. */
export class PrefaceServer implements AsyncDisposable {
  readonly #front: Server;
  readonly #tls: Server;
  readonly #sockets = new Set<Socket>();
  current: Preface = { steps: [] };

  private constructor(tls: Server) {
    this.#tls = tls;
    this.#front = createServer((socket) => {
      this.#sockets.add(socket);
      speak(socket, this.current, (tls.address() as AddressInfo).port).catch(() => socket.destroy());
    });
  }

  static async listen(): Promise<PrefaceServer> {
    const made = await createIdentity({ name: "preface", now: new Date() });
    const tls = createTlsServer({
      key: made.privateKeyPem,
      cert: made.certificatePem,
      maxVersion: "TLSv1.2",
    });
    tls.on("secureConnection", (socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () =>
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
      );
    });
    const server = new PrefaceServer(tls);
    for (const each of [tls, server.#front]) {
      each.listen(0, "127.0.0.1");
      await once(each, "listening");
    }
    return server;
  }

  get port(): number {
    return (this.#front.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const each of [this.#front, this.#tls]) {
      each.close();
      await once(each, "close");
    }
  }
}

async function speak(socket: Socket, { greeting, steps }: Preface, tlsPort: number): Promise<void> {
  socket.on("error", () => undefined);
  if (greeting !== undefined) socket.write(greeting, "latin1");
  let heard = "";
  for (const [until, answer] of steps) {
    let match = until.exec(heard);
    while (match === null) {
      const [chunk] = (await once(socket, "data")) as [Buffer];
      heard += chunk.toString("latin1");
      match = until.exec(heard);
    }
    heard = heard.slice(match.index + match[0].length);
    if (answer !== "") socket.write(answer, "latin1");
  }
  const tls = connect(tlsPort, "127.0.0.1");
  tls.on("error", () => socket.destroy());
  socket.on("close", () => tls.destroy());
  tls.write(heard, "latin1");
  socket.pipe(tls).pipe(socket);
}
