import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Admission } from "../admission/admission.ts";
import type { Admitted, Refused } from "../admission/outcome.ts";
import type { Happenings } from "../trust/happenings/happenings.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import type { TrustPort } from "../trust/trust-port.ts";
import type { KeyPin } from "../x509/certificate-facts.ts";
import { answerAdmitted, answerEmpty, answerRefused } from "./answer.ts";
import { Callers } from "./callers.ts";
import { presentationOf } from "./presented-certificate.ts";
import { fieldLines } from "./raw-fields.ts";
import { ProxiedEncounter } from "./proxied-encounter.ts";

export interface AuthorizerOptions {
  readonly trust: TrustPort;
  /** Where what it does is told. */
  readonly happenings: Happenings;
  /** Whether the store can be asked, for `/health`. */
  readonly isAble: () => boolean;
}

/** What may become another one while it runs. */
export interface AuthorizerSecrets {
  /** What callers send as `Handclasp-Secret`; undefined where whoever reaches the socket may ask. */
  readonly secret: string | undefined;
  /** The key of the proxy's certificate, and those that it replaced: join proofs are made for one of them. */
  readonly ownPins: readonly KeyPin[];
}

/** The largest certificate that is read has 64 KiB in base64, and percent-encoded some more; Node has room for 16. */
const MOST_HEADER_BYTES = 160 * 1024;

/**
 * Tells proxies that end TLS themselves who their clients are. Whoever can ask it can claim any certificate without its
 * key: who that is, is decided by where it listens, and by the secret.
 */
export class Authorizer {
  /** Not listening yet. */
  readonly server: Server;
  readonly #options: AuthorizerOptions;
  readonly #admission: Admission;
  #callers: Callers;
  #ownPins: readonly KeyPin[];

  constructor(options: AuthorizerOptions, secrets: AuthorizerSecrets) {
    this.#options = options;
    this.#admission = new Admission(options.trust, "required");
    this.#callers = new Callers(secrets.secret);
    this.#ownPins = secrets.ownPins;
    this.server = createServer(
      {
        maxHeaderSize: MOST_HEADER_BYTES,
        // A proxy asks on a connection that it kept, and takes one that was closed meanwhile for a failure.
        keepAliveTimeout: 0,
        noDelay: true,
        // No host decides anything.
        requireHostHeader: false,
      },
      (request, response) => this.#answer(request, response),
    );
    // Of too many Node would drop the last ones, which may be the proxy's.
    this.server.maxHeadersCount = 0;
  }

  /** The key of the proxy's certificate first. */
  get ownPins(): readonly KeyPin[] {
    return this.#ownPins;
  }

  /** From the next request on. */
  renew({ secret, ownPins }: AuthorizerSecrets): void {
    this.#callers = new Callers(secret);
    this.#ownPins = ownPins;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.sendDate = false;
    const { url = "", rawHeaders } = request;
    // Behind a request for another protocol Node reads on from wherever the next piece begins.
    if (fieldLines(rawHeaders, "upgrade").length > 0) response.shouldKeepAlive = false;
    if (url === "/health") return answerEmpty(response, this.#options.isAble() ? 200 : 503);
    const presentation = presentationOf(url);
    if (presentation === undefined) return answerEmpty(response, 404);
    if (!this.#callers.mayAsk(rawHeaders)) return answerEmpty(response, 401);
    this.#judge(new ProxiedEncounter(rawHeaders, presentation, () => this.#ownPins), response);
  }

  #judge(encounter: ProxiedEncounter, response: ServerResponse): void {
    const outcome = this.#admission.judge(encounter);
    switch (outcome.decision) {
      case "admit":
      case "refuse":
        return this.#conclude(encounter, outcome, response);
      case "claim":
        return this.#admission.settle(outcome, (settled) => this.#conclude(encounter, settled, response));
      case "anonymous":
        return answerRefused(response, "no-certificate");
    }
  }

  /** Whoever cannot be answered as is due is not answered: to proxies that is no. */
  #conclude(encounter: ProxiedEncounter, outcome: Admitted | Refused, response: ServerResponse): void {
    try {
      if (outcome.decision === "admit") this.#admit(encounter, outcome, response);
      else this.#refuse(encounter, outcome, response);
    } catch (error) {
      response.destroy();
      const { listener } = encounter;
      this.#options.happenings.tell({ type: "failed", connection: encounter, listener, error });
    }
  }

  #admit(encounter: ProxiedEncounter, { verdict, certificate }: Admitted, response: ServerResponse): void {
    const { trust, happenings } = this.#options;
    answerAdmitted(response, verdict, trust.groups.groupsOf(verdict.pin));
    const type = verdict.firstUse ? "met" : verdict.rotated ? "rotated" : "recognised";
    if (!happenings.hears(type)) return;
    const { peer: name, pin, firstUse, renewed, rotated } = verdict;
    const about = { firstUse, renewed, rotated, tlsVersion: "unknown", resumed: false };
    const { fingerprint } = certificate;
    const peer = { name, pin, keyId: toKeyId(pin), fingerprint, certificate, ...about };
    happenings.tell({ type, connection: encounter, peer, durationMs: performance.now() - encounter.beganAt });
  }

  #refuse(encounter: ProxiedEncounter, refused: Refused, response: ServerResponse): void {
    const { verdict, certificate, failure } = refused;
    answerRefused(response, verdict.reason);
    const { happenings } = this.#options;
    const { listener } = encounter;
    if (failure !== undefined)
      happenings.tell({ type: "failed", connection: encounter, listener, error: failure });
    if (!happenings.hears("refused")) return;
    happenings.tell({
      type: "refused",
      connection: encounter,
      reason: verdict.reason,
      detail: verdict.concern?.problem ?? null,
      problem: verdict.problem ?? null,
      alert: null,
      pin: verdict.pin,
      peer: verdict.peer,
      conflictsWith: verdict.conflictsWith,
      certificate,
    });
  }
}
