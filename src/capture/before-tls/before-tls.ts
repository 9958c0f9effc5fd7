import type { Sender } from "../../tls/records/sender.ts";
import { Conversation, type PrefaceRefusal } from "./conversation.ts";
import type { PrefaceName } from "./preface-name.ts";
import { SenderPreface, type TlsSink } from "./sender-preface.ts";
import { isRecordStart } from "./tls-start.ts";

/** Takes what is TLS of a connection, by who sent it. */
export interface ConnectionTlsSink {
  data(sender: Sender, bytes: Uint8Array): void;
  gap(sender: Sender, length: number): void;
}

/**
 * Finds where TLS begins on a connection, behind PROXY headers, tunnels and STARTTLS, on any port. Of each side at most
 * 64 KiB are looked through and about 1 KiB is kept. What begins with TLS goes through untouched.
 */
export class BeforeTls {
  readonly #conversation = new Conversation();
  readonly #isHeadless: boolean;
  readonly #client: SenderPreface;
  readonly #server: SenderPreface;

  /** `isHeadless`: what the connection began with was not captured. */
  constructor(isHeadless: boolean, sink: ConnectionTlsSink) {
    this.#isHeadless = isHeadless;
    const to = (sender: Sender): TlsSink => ({
      data: (bytes) => sink.data(sender, bytes),
      gap: (length) => sink.gap(sender, length),
    });
    this.#client = new SenderPreface("client", this.#conversation, isHeadless, to("client"));
    this.#server = new SenderPreface("server", this.#conversation, isHeadless, to("server"));
  }

  /** What came before TLS, in order; before TLS has begun, what was agreed on so far. */
  get before(): readonly PrefaceName[] {
    return this.#conversation.before;
  }

  /** That the server said no, and did not change its mind. */
  get refusal(): PrefaceRefusal | undefined {
    return this.#conversation.refusal;
  }

  data(sender: Sender, bytes: Uint8Array): void {
    const own = this.#of(sender);
    if (own.isTls) own.data(bytes);
    else this.#look(sender, own, bytes);
  }

  gap(sender: Sender, length: number): void {
    const own = this.#of(sender);
    own.gap(length);
    if (own.isMissing && this.#otherThan(sender).isTls) own.giveUp();
  }

  /** Nothing more comes: where there was no TLS, TLS gets to judge how it began. */
  end(): void {
    const hasTls = this.#client.isTls;
    this.#client.giveUp();
    // A server that agreed to TLS and then says nothing has said nothing wrong.
    if (!hasTls || !this.#server.hasSpoken) this.#server.giveUp();
  }

  #look(sender: Sender, own: SenderPreface, bytes: Uint8Array): void {
    const other = this.#otherThan(sender);
    const isFirst = !own.hasSpoken;
    if (sender === "client") this.#conversation.hasClient = true;
    else if (isFirst && isRecordStart(bytes) && other.hasSpoken && this.#isUnagreed()) other.giveUp();
    own.data(bytes);
    if (!own.isTls) return;
    // A client that begins with TLS has agreed on nothing: a server that says something else is not understood.
    const isAtOnce = sender === "client" && isFirst && this.#isUnagreed();
    if ((isAtOnce && !(this.#isHeadless && other.hasSpoken)) || other.isMissing) other.giveUp();
  }

  #isUnagreed(): boolean {
    return this.before.length === 0 && this.#conversation.asked === undefined;
  }

  #of(sender: Sender): SenderPreface {
    return sender === "client" ? this.#client : this.#server;
  }

  #otherThan(sender: Sender): SenderPreface {
    return sender === "client" ? this.#server : this.#client;
  }
}
