import type { Sender } from "../../../tls/records/sender.ts";
import { ALERT_DESCRIPTIONS, ALERT_LEVELS } from "../../../tls/code-points/code-points.ts";
import { ALERTS } from "../../../tls/code-points/alert.ts";
import { CONTENT_TYPE } from "../../../tls/code-points/content-type.ts";
import { TRACE_CONTENT_TYPE, type TraceMessage } from "../../../tls/observer/trace-message.ts";
import { escapeText } from "../../../trust/naming/peer-name.ts";
import { columnsOf, wrapped } from "../../terminal/prose.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";
import { ConnectionSummary } from "./connection-summary.ts";
import type { ConnectionWriter, Preface } from "../connection/connection-writer.ts";
import type { Lines } from "./lines.ts";
import { closing, heading } from "./text-connection.ts";
import { type Detail, layOut } from "./text-layout.ts";
import { describeHandshake } from "./text-message.ts";

/** What sets an explanation off. */
const PARAGRAPH = "     ";
const ARROWS: Readonly<Record<Sender, string>> = { client: "→", server: "←" };

/** A connection for people: a heading, a line for each message with what matters in it, and how it ended. */
export function textWriter(
  connection: TracedConnection,
  lines: Lines,
  { isLive }: { readonly isLive: boolean },
): ConnectionWriter {
  return new TextWriter(connection, lines, isLive);
}

class TextWriter implements ConnectionWriter {
  readonly #connection: TracedConnection;
  readonly #lines: Lines;
  readonly #isLive: boolean;
  readonly #summary: ConnectionSummary;
  /** Whose records are encrypted: until TLS 1.2 for good, in TLS 1.3 as far as the record goes. */
  readonly #sealed = new Set<Sender>();
  readonly #inside = new Set<Sender>();
  readonly #spoke = new Set<Sender>();
  #isBegun = false;
  #explanation: string | undefined;

  constructor(connection: TracedConnection, lines: Lines, isLive: boolean) {
    this.#connection = connection;
    this.#lines = lines;
    this.#isLive = isLive;
    this.#summary = new ConnectionSummary(connection);
  }

  event(event: Parameters<ConnectionSummary["event"]>[0]): void {
    this.#summary.event(event);
    if (this.#isLive && event.kind === "open") this.#begin();
  }

  preface(preface: Preface): void {
    this.#summary.preface(preface);
  }

  message(message: TraceMessage): void {
    this.#summary.message(message);
    const sender = this.#summary.senderOf(message);
    switch (message.contentType) {
      case TRACE_CONTENT_TYPE.header:
        this.#inside.delete(sender);
        if (message.messageType === CONTENT_TYPE.applicationData && this.#isBeforeTls13)
          this.#spoken(sender, message);
        break;
      case TRACE_CONTENT_TYPE.innerContentType:
        this.#inside.add(sender);
        if (message.messageType === CONTENT_TYPE.applicationData) this.#spoken(sender, message);
        break;
      case TRACE_CONTENT_TYPE.alert:
        this.#add(sender, message, "Alert", [describeAlert(message)]);
        break;
      case TRACE_CONTENT_TYPE.changeCipherSpec:
        this.#changeCipherSpec(sender, message);
        break;
      default: {
        const { name, facts, details } = describeHandshake(
          message.messageType ?? 0,
          message.parsed,
          this.#summary.isResumed === true,
        );
        this.#add(sender, message, name, facts, details);
      }
    }
  }

  problem(problem: Parameters<ConnectionSummary["problem"]>[0]): void {
    this.#summary.problem(problem);
    const { time, kind, message } = problem;
    const sender = this.#summary.senderOf(problem);
    this.#begin();
    this.#lines.add(layOut(this.#since(time), ARROWS[sender], `(${kind})`, escapeText(message)));
  }

  explained({ text }: { readonly text: string }): void {
    this.#explanation = text;
    if (this.#isLive) this.#explain();
  }

  end(isTls: boolean): void {
    const isWanted = isTls || this.#explanation !== undefined || this.#isLive;
    if (isWanted) {
      this.#begin();
      this.#lines.add(closing(this.#summary));
      if (!this.#isLive) this.#explain();
      this.#lines.add("");
    }
    this.#lines.end(isWanted);
  }

  #explain(): void {
    if (this.#explanation === undefined) return;
    this.#begin();
    this.#lines.add(wrapped(this.#explanation, columnsOf(process.stdout), PARAGRAPH));
  }

  get #isBeforeTls13(): boolean {
    const { version } = this.#summary;
    return version !== null && version !== "TLSv1.3";
  }

  /** Application data has no messages: that there is any is said once for each side. */
  #spoken(sender: Sender, message: TraceMessage): void {
    if (this.#spoke.has(sender)) return;
    this.#spoke.add(sender);
    this.#add(sender, message, "application data", []);
  }

  #changeCipherSpec(sender: Sender, message: TraceMessage): void {
    const isMeant = message.version !== "TLSv1.3";
    const fact = isMeant ? "what follows is encrypted" : "means nothing in TLS 1.3";
    this.#add(sender, message, "ChangeCipherSpec", [fact]);
    if (isMeant) this.#sealed.add(sender);
  }

  #add(
    sender: Sender,
    { time }: TraceMessage,
    name: string,
    facts: readonly string[],
    details: readonly Detail[] = [],
  ): void {
    this.#begin();
    const isSealed = this.#inside.has(sender) || this.#sealed.has(sender);
    const all = isSealed ? ["encrypted", ...facts] : facts;
    this.#lines.add(layOut(this.#since(time), ARROWS[sender], name, all.join(", "), details));
  }

  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#lines.add(heading(this.#connection, this.#summary));
  }

  #since(time: number): number {
    return time - (this.#summary.startMs ?? time);
  }
}

function describeAlert({ messageType, data }: TraceMessage): string {
  const code = messageType ?? 0;
  const level = ALERT_LEVELS.name(data[0] ?? 0) ?? "of an unknown level";
  const name = ALERT_DESCRIPTIONS.name(code) ?? "unknown";
  const meaning = code === ALERTS.close_notify ? ": sends nothing more" : "";
  return `${level}, ${name} (${code})${meaning}`;
}
