import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { toConnectError } from "../../client/connection/refused-by-server.ts";
import type { CreatedIdentity } from "../../x509/create-identity.ts";

/** What came of one connection, as the client saw it. */
export interface Visit {
  /** What the server answered; empty when it refused. */
  readonly answer: string;
  /** The alert the client received: name and number; null when there was none. */
  readonly alert: string | null;
  readonly resumed: boolean;
}

/** A plain Node TLS client: it knows nothing of handclasp but how alerts are called. */
export class DemoClient {
  readonly #name: string;
  readonly #port: number;
  readonly #identity: CreatedIdentity | undefined;
  #session: Buffer | undefined;

  constructor(name: string, port: number, identity?: CreatedIdentity) {
    this.#name = name;
    this.#port = port;
    this.#identity = identity;
  }

  /** Connects, says its name, and reads the answer to the end. */
  async visit({ resume = false }: { resume?: boolean } = {}): Promise<Visit> {
    const socket = this.#connect(resume);
    let answer = "";
    let resumed = false;
    socket.once("secureConnect", () => (resumed = socket.isSessionReused()));
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.write(`${this.#name}\n`);
    try {
      await once(socket, "close");
      return { answer: answer.trim(), alert: null, resumed };
    } catch (error) {
      const { details, message } = toConnectError(error, `127.0.0.1:${this.#port}`);
      const { alert: name, alertCode } = details;
      const alert = typeof name === "string" ? `${name} (${Number(alertCode)})` : message;
      return { answer: "", alert, resumed };
    }
  }

  /** Connects and says nothing. Returns how to wait for the end of the connection. */
  async stay(): Promise<() => Promise<"ended">> {
    const socket = this.#connect(false);
    await once(socket, "session");
    const ended = new Promise<"ended">((resolve) => {
      socket.on("error", () => undefined).once("close", () => resolve("ended"));
    });
    return () => ended;
  }

  #connect(resume: boolean): TLSSocket {
    const { privateKeyPem: key, certificatePem: cert } = this.#identity ?? {};
    const socket = connect({
      host: "127.0.0.1",
      port: this.#port,
      rejectUnauthorized: false,
      ...(key !== undefined && cert !== undefined && { key, cert }),
      ...(resume && this.#session !== undefined && { session: this.#session }),
    });
    socket.on("session", (session) => (this.#session = session));
    return socket;
  }
}
