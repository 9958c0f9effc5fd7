import { once } from "node:events";
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from "node:net";
import { connect, createServer, type Server, type SecureVersion } from "node:tls";
import type { Endpoint } from "../../../src/capture/tcp/connection.ts";
import type { Sender } from "../../../src/tls/records/sender.ts";
import { createIdentity } from "../../../src/x509/create-identity.ts";

/** Sees a connection that passes through a relay. */
export interface Observation {
  open(client: Endpoint, server: Endpoint): void;
  data(sender: Sender, bytes: Uint8Array): void;
  finish(sender: Sender): void;
}

export interface LiveTlsOptions {
  readonly version: SecureVersion;
  /** What the server sends when it was greeted. */
  readonly answer?: Buffer;
}

/** A TLS server with a client certificate asked for. */
export class LiveTls implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async listen({ version, answer = Buffer.from("bye") }: LiveTlsOptions): Promise<LiveTls> {
    const { key, cert } = await pemIdentity("server");
    const server = createServer({
      key,
      cert,
      minVersion: version,
      maxVersion: version,
      requestCert: true,
      rejectUnauthorized: false,
    });
    server.on("secureConnection", (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => socket.end(answer));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new LiveTls(server);
  }

  /** Every line of the key log. */
  onKeyLog(listener: (line: string) => void): void {
    this.#server.on("keylog", (line) => listener(line.toString("latin1")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Handshakes with a client certificate, says hello and reads to the end. */
export async function converse(port: number): Promise<void> {
  const client = connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ...(await pemIdentity("client")),
  });
  client.end("hello");
  client.resume();
  await once(client, "close");
}

/** A relay in front of a port; each connection gets an observation. */
export async function observe(port: number, observation: () => Observation): Promise<number> {
  const relay = createTcpServer({ allowHalfOpen: true }, (client) => {
    const seen = observation();
    seen.open(
      endpoint(client.remoteAddress, client.remotePort),
      endpoint(client.localAddress, client.localPort),
    );
    const server = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
    forward(client, server, "client", seen);
    forward(server, client, "server", seen);
  });
  relay.listen(0, "127.0.0.1");
  relay.unref();
  await once(relay, "listening");
  return (relay.address() as AddressInfo).port;
}

function forward(from: Socket, to: Socket, sender: Sender, seen: Observation): void {
  from.on("error", () => to.destroy());
  from.on("data", (chunk: Buffer) => {
    seen.data(sender, chunk);
    to.write(chunk);
  });
  from.on("end", () => {
    seen.finish(sender);
    to.end();
  });
}

function endpoint(address = "", port = 0): Endpoint {
  return { address, port };
}

async function pemIdentity(name: string): Promise<{ readonly key: string; readonly cert: string }> {
  const identity = await createIdentity({ name, now: new Date() });
  return { key: identity.privateKeyPem, cert: identity.certificatePem };
}
