import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { createIdentity } from "../x509/create-identity.ts";
import { isAlertError, toConnectError } from "../client/connection/refused-by-server.ts";
import { HandclaspError, isHandclaspError } from "../errors.ts";
import type { RefusedMessage } from "../guard/channels.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import type { RefusalReason } from "../trust/records/verdict.ts";
import { type CertificateFacts, type KeyPin, readCertificate } from "../x509/certificate-facts.ts";
import type { CreatedIdentity, CreateIdentityOptions } from "../x509/create-identity.ts";
import type { GuardedServer } from "./guarded-server.ts";
import { WatchedVerdict } from "./watched-verdict.ts";

/** How its certificate is made: `now` is when it begins, default the moment of the call. */
export type TestClientOptions = Partial<Pick<CreateIdentityOptions, "type" | "days" | "now">>;

/** What a connection may be like; who is at its ends is known. */
export type TestConnectionOptions = Pick<
  ConnectionOptions,
  "ALPNProtocols" | "maxVersion" | "minVersion" | "session"
>;

export interface TestRequest {
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Makes a client with a key of its own, whose certificate claims `name`. */
export async function testClient(name: string, options: TestClientOptions = {}): Promise<TestClient> {
  return new TestClient(await createIdentity({ name, now: new Date(), ...options }));
}

/** A client for a test, which does real handshakes. `testClient()` makes it. */
export class TestClient {
  /** As PEM. */
  readonly key: string;
  readonly certificate: string;
  readonly facts: CertificateFacts;

  constructor({ privateKeyPem, certificatePem, facts }: CreatedIdentity) {
    this.key = privateKeyPem;
    this.certificate = certificatePem;
    this.facts = facts;
  }

  get pin(): KeyPin {
    return this.facts.pin;
  }

  get keyId(): string {
    return toKeyId(this.pin);
  }

  /**
   * Connects, and resolves once the server's listeners have the connection. Throws ERR_HANDCLASP_REFUSED when the guard
   * refuses the client, with its `details.reason`, and ERR_HANDCLASP_CONNECT when there is no connection.
   */
  async connect(server: GuardedServer, options: TestConnectionOptions = {}): Promise<TLSSocket> {
    using verdict = new WatchedVerdict(server.server, this.pin);
    const { host, port } = server;
    const socket = connect({
      ...options,
      host,
      port,
      key: this.key,
      cert: this.certificate,
      rejectUnauthorized: false,
    });
    try {
      await once(socket, "secureConnect");
      mustBe(server, socket);
      await Promise.race([verdict.on(socket.localPort ?? 0), failed(socket)]);
    } catch (error) {
      socket.destroy();
      // The alert is read here only once the guard has told of it.
      if (verdict.refusal !== undefined) throw refusedFor(verdict.refusal, error);
      throw toConnectError(error, `${host}:${port}`);
    }
    const { refusal } = verdict;
    if (refusal === undefined || server.receives(refusal)) return socket;
    socket.on("error", () => undefined).destroy();
    throw refusedFor(refusal);
  }

  /** Asks for a path over a connection of its own, as `fetch` would. Throws what `connect` throws. */
  async fetch(server: GuardedServer, path = "/", asked: TestRequest = {}): Promise<Response> {
    const socket = await this.connect(server);
    const { method = "GET", headers = {}, body } = asked;
    const { host, port } = server;
    const outgoing = request({ createConnection: () => socket, host, port, path, method, headers });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    socket.destroy();
    return toResponse(incoming, Buffer.concat(chunks));
  }

  /** Why the server refuses this client now; null when it lets it in. */
  async refusalBy(server: GuardedServer, options: TestConnectionOptions = {}): Promise<RefusalReason | null> {
    try {
      const socket = await this.connect(server, options);
      socket.on("error", () => undefined).destroy();
      return null;
    } catch (error) {
      const reason = isHandclaspError(error, "ERR_HANDCLASP_REFUSED") ? error.details["reason"] : undefined;
      if (reason === undefined) throw error;
      return reason as RefusalReason;
    }
  }
}

/** Another server on the port of one that has closed is none of ours. */
function mustBe({ pin, host, port }: GuardedServer, socket: TLSSocket): void {
  if (readCertificate(socket.getPeerCertificate().raw).pin === pin) return;
  throw new HandclaspError("ERR_HANDCLASP_CONNECT", `another server is at ${host}:${port}`);
}

/** Rejects when a connection ends, in whichever way. */
async function failed(socket: TLSSocket): Promise<never> {
  await once(socket, "close");
  throw new Error("the server ended the connection");
}

function refusedFor({ reason, detail, alert, pin }: RefusedMessage, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_REFUSED", `the server refused the client: ${reason}`, {
    ...(isAlertError(cause) && { cause }),
    details: { reason, detail, alert, pin },
  });
}

function toResponse(
  { statusCode = 0, statusMessage = "", rawHeaders }: IncomingMessage,
  body: Buffer,
): Response {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  }
  const bytes = body.length === 0 ? null : new Uint8Array(body);
  return new Response(bytes, { status: statusCode, statusText: statusMessage, headers });
}
