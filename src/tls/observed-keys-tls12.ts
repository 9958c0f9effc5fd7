import { CIPHER_SUITES } from "./cipher-suite.ts";
import { CIPHER_SUITE_NAMES } from "./code-points-cipher-suites.ts";
import { VERSIONS } from "./code-points-version.ts";
import type { Hellos } from "./observed-hellos.ts";
import { inTheClear, type Opening, openWith, type Sender } from "./observed-opening.ts";
import type { ObservedSecrets } from "./observed-secrets.ts";
import { openTls12Records } from "./open-record.ts";
import type { RecordOpener } from "./record-protection.ts";
import type { TlsRecord } from "./record-reader.ts";

/** The keys of one sender until TLS 1.2: none up to its ChangeCipherSpec, new ones after each. RFC 5246 §7.1. */
export class ObservedKeys12 {
  readonly #sender: Sender;
  readonly #secrets: ObservedSecrets;
  /** Whose keys are in use, or will be as soon as the secret comes. */
  #hellos: Hellos | undefined;
  #opener: RecordOpener | undefined;

  constructor(sender: Sender, secrets: ObservedSecrets) {
    this.#sender = sender;
    this.#secrets = secrets;
  }

  /** The keys that these hellos lead to. */
  changeCipherSpec(hellos: Hellos): void {
    this.#hellos = hellos;
    this.#opener = undefined;
  }

  open(record: TlsRecord): Opening {
    if (this.#hellos === undefined) return inTheClear(record);
    if (this.#opener === undefined) {
      const found = this.#findOpener(this.#hellos);
      if ("state" in found) return found;
      this.#opener = found;
    }
    return openWith(this.#opener, record, false);
  }

  #findOpener({ client, server }: Hellos): RecordOpener | Opening {
    if (server === undefined) return { state: "waiting", missing: "a ServerHello" };
    const suite = CIPHER_SUITES.get(server.cipherSuite);
    if (VERSIONS.name(server.version) !== "TLSv1.2") return unsupported(VERSIONS.name(server.version));
    if (suite?.version !== "TLSv1.2") return unsupported(CIPHER_SUITE_NAMES.name(server.cipherSuite));
    if (client === undefined) return { state: "waiting", missing: "a ClientHello" };
    const masterSecret = this.#secrets.find("CLIENT_RANDOM", client.random);
    if (masterSecret === undefined) return { state: "waiting", missing: "the secret CLIENT_RANDOM" };
    const randoms = { client: client.random, server: server.random };
    const encryptThenMac = server.encryptThenMac === true;
    return openTls12Records({ suite, masterSecret, randoms, encryptThenMac })[this.#sender];
  }
}

function unsupported(name: string | null): Opening {
  return { state: "sealed", problem: `records of ${name ?? "an unknown suite"} are not decrypted` };
}
