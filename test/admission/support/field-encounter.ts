import type { Encounter } from "../../../src/admission/encounter.ts";
import { certificatesFromPem } from "../../../src/x509/certificate-description.ts";
import type { KeyPin } from "../../../src/x509/certificate-facts.ts";

export interface FieldEncounterOptions {
  readonly remoteAddress?: string;
  readonly ownPins?: readonly KeyPin[];
  readonly caSigned?: boolean;
  readonly resumed?: boolean;
}

let count = 0;

/** A client of whom there is no socket: its certificate stands in an HTTP field, as a proxy that ended its TLS wrote it. */
export class FieldEncounter implements Encounter {
  readonly id: string = `request-${++count}`;
  readonly listener: string = "proxy";
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  readonly #field: string;
  readonly #options: FieldEncounterOptions;

  /** `field` is PEM, percent-encoded; empty for none. */
  constructor(field: string, options: FieldEncounterOptions = {}) {
    this.#field = field;
    this.#options = options;
  }

  get certificate(): Uint8Array | undefined {
    this.asked.push("certificate");
    return this.#field === "" ? undefined : certificatesFromPem(decodeURIComponent(this.#field))[0];
  }

  get remoteAddress(): string | undefined {
    this.asked.push("remoteAddress");
    return this.#options.remoteAddress ?? "192.0.2.7";
  }

  get caSigned(): boolean {
    this.asked.push("caSigned");
    return this.#options.caSigned === true;
  }

  get resumed(): boolean {
    this.asked.push("resumed");
    return this.#options.resumed === true;
  }

  get ownPins(): readonly KeyPin[] {
    this.asked.push("ownPins");
    return this.#options.ownPins ?? [];
  }
}
