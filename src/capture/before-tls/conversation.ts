import type { Sender } from "../../tls/records/sender.ts";
import type { PrefaceName, Said } from "./preface-name.ts";
import { serverGuess, serverLine } from "./text-prefaces.ts";

/** A server that said no to TLS, or to a way to it. */
export interface PrefaceRefusal {
  readonly name: PrefaceName;
  /** Its line, or the number of its answer. */
  readonly answer: string;
}

interface Asked {
  readonly name: PrefaceName;
  readonly tag: string | undefined;
}

/** What client and server agree on before TLS. */
export class Conversation {
  readonly #before: PrefaceName[] = [];
  #asked: Asked | undefined;
  /** Already in the list, for what followed in the client's direction. */
  #isAskedListed = false;
  #guess: PrefaceName | undefined;
  #refusal: PrefaceRefusal | undefined;
  /** The first line of the server that speaks now. */
  greeting: string | undefined;
  hasClient = false;
  /** A request for GSSAPI encryption was not answered. */
  isProbed = false;
  clientHasTls = false;

  get before(): readonly PrefaceName[] {
    return this.#before;
  }

  /** The last one, unless the server agreed later. */
  get refusal(): PrefaceRefusal | undefined {
    return this.#refusal;
  }

  get asked(): PrefaceName | undefined {
    return this.#asked?.name;
  }

  /** What a line of the server answers. */
  answer(line: string, isFirst: boolean): Said | undefined {
    if (isFirst) this.greeting = line;
    if (this.#asked !== undefined) return serverLine(line, this.#asked.name, this.#asked.tag);
    if (!this.hasClient) this.#guess = serverGuess(line) ?? this.#guess;
    return undefined;
  }

  hear(said: Said): void {
    switch (said.does) {
      case "probe":
        this.isProbed = true;
        break;
      case "probed":
        this.isProbed = false;
        break;
      case "is":
        this.#list(said.name);
        break;
      case "ask":
        this.#listAsked();
        this.#asked = { name: said.name, tag: said.tag };
        this.#isAskedListed = false;
        break;
      case "accept":
        this.#accepted(said.name);
        break;
      case "refuse":
        if (this.#asked?.name !== said.name && this.hasClient) break;
        if (!this.#isAskedListed) this.#refusal = { name: said.name, answer: said.answer };
        this.#asked = undefined;
        break;
    }
  }

  /** `isBehindMore`: something came since what was heard last. */
  tlsBegins(sender: Sender, isBehindMore: boolean): void {
    if (sender === "client") this.clientHasTls = true;
    else if (this.hasClient) return;
    if (this.#asked !== undefined) this.#listAsked();
    else if (sender === "server" && this.#guess !== undefined) this.#list(this.#guess);
    else if (isBehindMore) this.#list("unknown protocol");
  }

  #accepted(name: PrefaceName): void {
    if (this.#asked === undefined) {
      if (!this.hasClient) this.#guess = name;
    } else if (this.#asked.name === name) {
      this.#listAsked();
      this.#asked = undefined;
    }
  }

  #listAsked(): void {
    if (this.#asked === undefined || this.#isAskedListed) return;
    this.#list(this.#asked.name);
    this.#isAskedListed = true;
    if (this.#refusal?.name === this.#asked.name) this.#refusal = undefined;
  }

  #list(name: PrefaceName): void {
    this.#before.push(name);
  }
}
