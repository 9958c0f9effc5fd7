import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { connect, TLSSocket } from "node:tls";
import type { BrowserContextOptions } from "playwright-core";
import { identity, type TestIdentity } from "../../guard/support/identities.ts";

const own = await identity("proxy");

/**
 * What shows a client's certificate for a browser, which has no store for one here: a proxy that ends the browser's TLS,
 * opens its own to where that goes, in the version of HTTP that is chosen there, and breaks off what is broken off.
 * Playwright's, of the same kind, answers in place of a server that broke off, and ends this process where it is writing
 * to the browser then: Node asserts that nobody else writes to a socket on which HTTP/2 begins.
 */
export class CertificateProxy implements AsyncDisposable {
  /** Of a browser profile that has this certificate for whatever it asks by https. */
  readonly options: BrowserContextOptions;
  readonly #client: TestIdentity;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(client: TestIdentity, port: number, server: Server) {
    this.#client = client;
    this.#server = server.on("connect", (request: IncomingMessage, socket: Duplex) =>
      this.#carry(String(request.url), socket),
    );
    const proxy = { server: `http://127.0.0.1:${port}`, bypass: "http://*" };
    this.options = { ignoreHTTPSErrors: true, proxy };
  }

  static async open(client: TestIdentity): Promise<CertificateProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CertificateProxy(client, (server.address() as AddressInfo).port, server);
  }

  #carry(authority: string, encrypted: Duplex): void {
    const { hostname: host, port } = new URL(`https://${authority}`);
    const { cert, key } = this.#client;
    const ALPNProtocols = ["h2", "http/1.1"];
    const there = connect({ host, port: Number(port), cert, key, ALPNProtocols, rejectUnauthorized: false });
    this.#couple(encrypted, there);
    there.once("secureConnect", () => {
      encrypted.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      const chosen = there.alpnProtocol === false ? [] : [String(there.alpnProtocol)];
      const browser = new TLSSocket(encrypted, { isServer: true, ...own, ALPNProtocols: chosen });
      this.#couple(browser, there);
      browser.pipe(there).pipe(browser);
    });
  }

  /** What ends one of them ends the other, and what breaks one off breaks off the other. */
  #couple(one: Duplex, other: Duplex): void {
    for (const [socket, far] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => far.destroy());
      socket.once("close", () => {
        this.#sockets.delete(socket);
        far.end();
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
