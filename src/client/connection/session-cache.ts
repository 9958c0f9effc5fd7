import type { TLSSocket } from "node:tls";
import { checkOptions, COUNT, type OptionRules } from "../../check-options.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { beforeDestroy } from "./before-destroy.ts";

/** A session, and the server's certificate that was judged when it was made. */
export interface KeptSession {
  /** SSL_SESSION in ASN.1, secrets and all. */
  readonly session: Buffer;
  readonly facts: CertificateFacts;
}

interface Entry extends KeptSession {
  readonly place: string;
  /** RFC 8446 §C.4: a ticket that is used twice lets an onlooker link the two connections. */
  readonly singleUse: boolean;
  /** Milliseconds since the epoch. */
  readonly keptAt: number;
}

export interface SessionCacheOptions {
  /** How many sessions are kept, the oldest go first; default 256. */
  readonly most?: number;
}

const RULES: OptionRules<SessionCacheOptions> = { most: COUNT };
const MOST_OF_ONE_PLACE = 4;
const LARGEST_BYTES = 64 * 1024;

/**
 * TLS sessions in memory. One is offered to the address that it came from, under the identity that was shown, and
 * only while the server's key that it was made with is trusted there: a resumed handshake shows no certificate.
 */
export class SessionCache {
  readonly #most: number;
  /** The newest last. */
  #entries: readonly Entry[] = [];
  /** Connections that may hold a session which Node did not tell of. */
  readonly #untold = new Map<TLSSocket, Pick<Entry, "place" | "facts">>();

  constructor(options: SessionCacheOptions = {}) {
    checkOptions("SessionCache", options, RULES);
    this.#most = options.most ?? 256;
  }

  get size(): number {
    return this.#entries.length;
  }

  clear(): void {
    this.#entries = [];
    this.#untold.clear();
  }

  /** The newest session of a place whose server has been trusted since it was made. Others' sessions are forgotten on the way. */
  take(
    place: string,
    isTrusted: (server: CertificateFacts, since: number) => boolean,
  ): KeptSession | undefined {
    for (const [socket, untold] of this.#untold) if (untold.place === place) this.#collect(socket);
    const candidates = this.#entries.filter((entry) => entry.place === place);
    this.#drop(candidates.filter(({ facts, keptAt }) => !isTrusted(facts, keptAt)));
    const found = this.#entries.findLast((entry) => entry.place === place);
    if (found?.singleUse === true) this.#drop([found]);
    return found;
  }

  /** Keeps what a connection is given, once its server was judged: `facts` is what the verdict was about. */
  watch(socket: TLSSocket, place: string, facts: CertificateFacts): void {
    if (socket.getProtocol() !== "TLSv1.3") {
      const session = socket.isSessionReused() ? undefined : socket.getSession();
      if (session !== undefined) this.#keep({ place, facts, session, singleUse: false });
      return;
    }
    const own: Entry[] = [];
    this.#untold.set(socket, { place, facts });
    socket.on("session", (session: Buffer) => {
      // Node tells of one even after 'close'.
      if (socket.destroyed) return;
      this.#untold.delete(socket);
      own.push(this.#keep({ place, facts, session, singleUse: true }));
    });
    beforeDestroy(socket, (error) => {
      // RFC 8446 §6.2: tickets of a connection that failed are not used.
      if (isTlsFailure(error)) this.#drop(own);
      else this.#collect(socket);
      this.#untold.delete(socket);
    });
  }

  /** Node tells of no session above 10 KiB, which two ML-DSA-65 certificates exceed; but it can be asked for it. */
  #collect(socket: TLSSocket): void {
    const untold = this.#untold.get(socket);
    if (untold === undefined || socket.getTLSTicket() === undefined) return;
    this.#untold.delete(socket);
    const session = socket.getSession();
    if (session !== undefined) this.#keep({ ...untold, session, singleUse: true });
  }

  #keep(session: Omit<Entry, "keptAt">): Entry {
    const entry = { ...session, keptAt: Date.now() };
    if (entry.session.length > LARGEST_BYTES) return entry;
    const ofPlace = this.#entries.filter(({ place }) => place === entry.place);
    this.#drop(ofPlace.slice(0, Math.max(0, ofPlace.length - MOST_OF_ONE_PLACE + 1)));
    this.#entries = [...this.#entries, entry].slice(-this.#most);
    return entry;
  }

  #drop(entries: readonly Entry[]): void {
    if (entries.length > 0) this.#entries = this.#entries.filter((entry) => !entries.includes(entry));
  }
}

/** OpenSSL's error, or an alert by our name for it; not what a user of the socket gave as a reason to close it. */
function isTlsFailure(error: Error | null): boolean {
  return error !== null && "code" in error && /^ERR_(?:SSL|HANDCLASP)_/.test(String(error.code));
}
