import { isIP } from "node:net";
import { nextConnectionNumber, toConnectionId } from "../admission/connection-id.ts";
import type { Encounter } from "../admission/encounter.ts";
import { AUTHORIZER } from "../trust/records/sighting.ts";
import type { KeyPin } from "../x509/certificate-facts.ts";
import { type Presentation, presentedCertificate } from "./presented-certificate.ts";
import { fieldLines } from "./raw-fields.ts";

/** A client of a proxy, as the proxy tells of it in one request. */
export class ProxiedEncounter implements Encounter {
  readonly listener: string = AUTHORIZER;
  /** A proxy does not say so, and asks again for every request. */
  readonly resumed = false;
  readonly caSigned = false;
  readonly beganAt: number = performance.now();
  readonly #rawFields: readonly string[];
  readonly #presentation: Presentation;
  readonly #ownPins: () => readonly KeyPin[];
  #id: string | undefined;

  constructor(rawFields: readonly string[], presentation: Presentation, ownPins: () => readonly KeyPin[]) {
    this.#rawFields = rawFields;
    this.#presentation = presentation;
    this.#ownPins = ownPins;
  }

  get id(): string {
    return (this.#id ??= toConnectionId(nextConnectionNumber()));
  }

  /** Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED. */
  get certificate(): Uint8Array | undefined {
    return presentedCertificate(this.#rawFields, this.#presentation);
  }

  /** The last one: the proxy wrote it, all others may be the client's own. */
  get remoteAddress(): string | undefined {
    const { addressField } = this.#presentation;
    const address = fieldLines(this.#rawFields, addressField).at(-1)?.split(",").at(-1)?.trim();
    return address !== undefined && isIP(address) !== 0 ? address : undefined;
  }

  get ownPins(): readonly KeyPin[] {
    return this.#ownPins();
  }
}
