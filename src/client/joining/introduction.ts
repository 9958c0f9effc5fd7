import type { TLSSocket } from "node:tls";
import { HandclaspError, isHandclaspError } from "../../errors.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { connectVerified, type VerifiedSocket } from "../connection/connect.ts";
import type { IdentityPem } from "../identities/identity.ts";
import { awaitAny } from "../connection/first-sign.ts";
import { toConnectError } from "../connection/refused-by-server.ts";
import type { PinnedServer } from "../servers/pinned-server.ts";
import { formatServerAddress } from "../servers/server-address.ts";
import type { TokenServer } from "../servers/token-server.ts";
import { openTcp } from "../starttls/open-tcp.ts";
import { askOverHttp, type HttpAnswer } from "./http-answer.ts";

export interface IntroductionOptions {
  readonly knownServers: PinnedServer;
  /** For each connection. */
  readonly timeoutMs: number;
}

/** Who loses the token to another key in the same moment is told so late, and in TLS 1.2 without a word. */
const VERDICT_MS = 500;
/** no_application_protocol (RFC 7301 §3.2). */
const NO_PROTOCOL = 120;
/**
 * What may be no: a proxy that asks for each request says so by HTTP. An application may have a status like these, too, and a
 * guarded server none but alerts.
 */
const MAY_REFUSE: ReadonlySet<number> = new Set([401, 403]);

/** One address of a token, where we show ourselves more than once: what one connection teaches holds for the next. */
export class Introduction {
  readonly address: string;
  /** Whether the server of the token is there: it has shown its key. */
  isOurs = false;
  /** Whether the last verdict came by HTTP, after which nothing is left to wait for. */
  isAnswered = false;
  readonly #server: TokenServer;
  readonly #options: IntroductionOptions;
  #speaksHttp = true;
  #wantsCertificates: boolean | undefined;

  constructor(server: TokenServer, options: IntroductionOptions) {
    this.#server = server;
    this.#options = options;
    this.address = formatServerAddress(server);
  }

  /** Shows a certificate and waits for the verdict. Throws ERR_HANDCLASP_REFUSED or ERR_HANDCLASP_CONNECT. */
  async show(identity: IdentityPem, isNew: boolean): Promise<CertificateFacts> {
    const { socket, facts } = await this.#connect(identity);
    this.isAnswered = socket.alpnProtocol === "http/1.1";
    if (this.isAnswered) await this.#mustBeAnswered(socket);
    else await mustBeTaken(socket, this.address, isNew);
    return facts;
  }

  /** Offers HTTP as long as the server does not refuse us for that. */
  async #connect(identity: IdentityPem | undefined): Promise<VerifiedSocket> {
    const { host, port, starttls } = this.#server;
    const server = { host, port };
    const isAsked = starttls !== undefined && starttls !== "none";
    const offersHttp = this.#speaksHttp && !isAsked;
    try {
      return await connectVerified({
        ...server,
        ...this.#options,
        ...(identity !== undefined && { identity }),
        ...(isAsked && { openTransport: () => openTcp(server, starttls) }),
        ...(offersHttp && { alpnProtocols: ["http/1.1"] }),
        onServer: () => (this.isOurs = true),
      });
    } catch (error) {
      if (!offersHttp || alertOf(error) !== NO_PROTOCOL) throw error;
      this.#speaksHttp = false;
      return this.#connect(identity);
    }
  }

  async #mustBeAnswered(socket: TLSSocket): Promise<void> {
    const answer = await this.#ask(socket);
    const { status, reason, heard } = answer;
    const isWelcome = status === null ? heard : !MAY_REFUSE.has(status) && status < 500;
    if (isWelcome) return;
    if (reason === null && (await this.#decidesInHandshake())) return;
    throw this.#refused(answer);
  }

  /** A server that insists on certificates refuses them in the handshake: what it answers later is its application's. */
  async #decidesInHandshake(): Promise<boolean> {
    this.#wantsCertificates ??= await this.#refusesNobody();
    return this.#wantsCertificates;
  }

  async #refusesNobody(): Promise<boolean> {
    try {
      const { socket } = await this.#connect(undefined);
      await this.#ask(socket);
      return false;
    } catch (error) {
      return alertOf(error) !== undefined;
    }
  }

  async #ask(socket: TLSSocket): Promise<HttpAnswer> {
    const { host, port } = this.#server;
    const authority =
      port === 443 ? formatServerAddress({ host, port }).slice(0, -":443".length) : this.address;
    try {
      return await askOverHttp(socket, authority, this.#options.timeoutMs);
    } catch (error) {
      throw toConnectError(error, this.address);
    } finally {
      socket.destroy();
    }
  }

  #refused({ status, reason }: HttpAnswer): HandclaspError {
    const { address } = this;
    const said = status === null ? "gave no answer to GET /" : `answered GET / with the status ${status}`;
    const why = reason === null ? "" : `: ${reason}`;
    return new HandclaspError("ERR_HANDCLASP_REFUSED", `${escapeText(address)} ${said}${why}`, {
      details: { address, status, reason },
    });
  }
}

/** Waits for the server's verdict and ends the connection. Throws when we are refused. */
async function mustBeTaken(socket: TLSSocket, address: string, isNew: boolean): Promise<void> {
  let failure: unknown;
  let heard = false;
  socket.on("error", (error) => (failure ??= error));
  socket.once("data", () => (heard = true));
  socket.once("session", () => (heard = true));
  // Only in TLS 1.3 does a server judge after our handshake; whom it refuses at once gets no ticket.
  const isJudgedLater = socket.getProtocol() === "TLSv1.3";
  const ticket: Buffer | undefined = socket.getTLSTicket();
  const signs = ["data", "end", "close", "error", ...(isNew ? [] : ["session"])];
  if (isNew || (isJudgedLater && ticket === undefined)) await awaitAny(socket, signs, VERDICT_MS);
  const isClosed = socket.destroyed || socket.readableEnded;
  socket.destroy();
  if (failure !== undefined) throw toConnectError(failure, address);
  if (isClosed && isJudgedLater && !heard && ticket === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_REFUSED", `${address} closed the connection without a word`);
  }
}

/** Which alert a server refused us with; undefined when it did not. */
export function alertOf(error: unknown): number | undefined {
  const code = isHandclaspError(error, "ERR_HANDCLASP_REFUSED") ? error.details["alertCode"] : undefined;
  return typeof code === "number" ? code : undefined;
}
