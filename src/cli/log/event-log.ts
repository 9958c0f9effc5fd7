import { hash } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { TLSSocket } from "node:tls";
import type { AdmittedMessage, ChannelMessages } from "../../guard/channels.ts";
import { isHandclaspError, reasonOf } from "../../errors.ts";
import { connectionOf, peerOf } from "../../guard/connection/peer-of.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { hintText } from "../terminal/hint-text.ts";
import { print, say } from "../terminal/output.ts";
import { describe, type DescribedCertificate, DescribedCertificates } from "./described-certificates.ts";

/** One line of the log. What clients wrote was escaped by whoever put it in. */
export interface LogEntry {
  readonly event: string;
  readonly [field: string]: string | number | boolean | null | readonly string[] | undefined;
}

/** Where a server says what happens. */
export interface EventLog {
  write(entry: LogEntry): void;
  /** Makes the entry only if it is written: strangers can have many left out. `about` is what of it says whether. */
  offer(about: LogEntry, entry: () => LogEntry): void;
  /** What weakens security stands out. */
  warn(message: string, listener?: string): void;
  /** `listener` is the one whose client brought it about, where there is one. */
  failed(error: unknown, listener?: string | null): void;
}

/** Writes the log to stderr, as text or as JSON lines. */
export class ServeLog implements EventLog {
  readonly #json: boolean;

  constructor(json: boolean) {
    this.#json = json;
  }

  write(entry: LogEntry): void {
    const time = new Date().toISOString();
    const line = boundedEntry(entry);
    if (this.#json) say(JSON.stringify({ time, ...line }));
    else say(`${time} ${toText(line)}`);
  }

  offer(_about: LogEntry, entry: () => LogEntry): void {
    this.write(entry());
  }

  /** What weakens security stands out. */
  warn(message: string, listener?: string): void {
    if (this.#json) this.write({ event: "warning", ...named(listener), message });
    else say(`WARNING: ${message}`);
  }

  failed(error: unknown, listener?: string | null): void {
    this.write({ ...errorEntry(error), ...named(listener) });
  }
}

/** What became of something unexpected, safe to print. */
export function errorEntry(error: unknown): LogEntry {
  const message = reasonOf(error);
  const entry = { event: "error", message: escapeText(message, MOST_CHARACTERS) } as const;
  if (!isHandclaspError(error)) return entry;
  const { code } = error;
  const hint = hintText(error);
  return { ...entry, code, ...(hint !== undefined && { hint: escapeText(hint, MOST_CHARACTERS) }) };
}

/** What names a listener in a line, where there is one. */
export function named(listener: string | null | undefined): { readonly listener?: string } {
  return typeof listener === "string" ? { listener } : {};
}

/** A line that no client can make as long as it likes. */
export function boundedEntry(entry: LogEntry): LogEntry {
  const fields = Object.entries(entry).map(([name, value]) => [name, bounded(value)]);
  return { ...(Object.fromEntries(fields) as LogEntry), event: entry.event };
}

export interface ClientLogOptions {
  readonly server: ChannelMessages["handclasp:met"]["server"];
  readonly log: EventLog;
  /** Its name, where a process has several. */
  readonly listener?: string | null;
  /** Whether connections are logged, too, that bring nobody new: of known clients, and of those without a certificate. */
  readonly connections: boolean;
  /** Whether certificates go to stdout as PEM. */
  readonly printCertificate: boolean;
  /** Told of known keys with new certificates. */
  readonly onRenewed?: ((pin: KeyPin) => void) | undefined;
}

/** Logs what the guard of a server decides. Returns how to stop. */
export function logClients({
  server,
  log,
  listener,
  connections,
  printCertificate,
  onRenewed,
}: ClientLogOptions): () => void {
  const where = named(listener);
  const described = new DescribedCertificates();
  const admitted = (event: "met" | "rotated" | "recognised", message: AdmittedMessage): void => {
    const { peer, connection, remoteAddress } = message;
    const { keyId, pin, tlsVersion, resumed, renewed } = peer;
    const certificate = described.of(peer.fingerprint, () => peer.certificate.der);
    const address = remoteAddress ?? null;
    const about = { ...certificate?.fields, tlsVersion, resumed, renewed, address, connection };
    log.write({ event, ...where, peer: peer.name, keyId, pin, ...about });
    if (printCertificate && certificate !== undefined) print(certificate.pem);
    if (renewed) onRenewed?.(pin);
  };
  const refused = (message: ChannelMessages["handclasp:refused"]): void => {
    const { reason, detail, problem, alert, pin, peer, conflictsWith, connection, remoteAddress } = message;
    const certificate = (): DescribedCertificate | undefined =>
      message.certificate && describe(message.certificate);
    log.offer({ event: "refused", ...where, reason }, () => ({
      event: "refused",
      ...where,
      reason,
      detail,
      problem: problem === null ? null : escapeText(problem, MOST_CHARACTERS),
      alert,
      peer,
      keyId: keyIdOf(pin),
      pin,
      conflictsWith,
      ...(certificate()?.fields ?? fingerprintOf(message.certificate)),
      address: remoteAddress ?? null,
      connection,
    }));
    const shown = printCertificate ? certificate() : undefined;
    if (shown !== undefined) print(shown.pem);
  };
  const revoked = (message: ChannelMessages["handclasp:revoked"]): void => {
    const { peer, reason, connection, remoteAddress } = message;
    const { keyId, pin } = peer;
    const address = remoteAddress ?? null;
    log.write({ event: "revoked", ...where, reason, peer: peer.name, keyId, pin, address, connection });
  };
  const failed = ({ error, connection, remoteAddress }: ChannelMessages["handclasp:error"]): void => {
    log.write({ ...errorEntry(error), ...where, address: remoteAddress ?? null, connection });
  };
  const stops = [
    listen("handclasp:met", server, (message) => admitted("met", message)),
    listen("handclasp:rotated", server, (message) => admitted("rotated", message)),
    ...(connections
      ? [listen("handclasp:recognised", server, (message) => admitted("recognised", message))]
      : []),
    listen("handclasp:refused", server, refused),
    listen("handclasp:revoked", server, revoked),
    listen("handclasp:error", server, failed),
  ];
  const secured = (socket: TLSSocket): void => {
    if (peerOf(socket) !== undefined) return;
    const address = connectionOf(socket)?.remoteAddress ?? null;
    log.write({ event: "anonymous", ...where, tlsVersion: socket.getProtocol(), address });
  };
  if (connections) server.on("secureConnection", secured);
  return () => {
    server.off("secureConnection", secured);
    for (const stop of stops) stop();
  };
}

function listen<Name extends keyof ChannelMessages>(
  name: Name,
  server: ClientLogOptions["server"],
  onMessage: (message: ChannelMessages[Name]) => void,
): () => void {
  const listener = (message: unknown): void => {
    const ours = message as ChannelMessages[Name];
    if (ours.server === server) onMessage(ours);
  };
  subscribe(name, listener);
  return () => void unsubscribe(name, listener);
}

/** All there is to tell an unreadable certificate by. */
function fingerprintOf(der: Uint8Array | undefined): { fingerprint?: string } {
  return der === undefined ? {} : { fingerprint: hash("sha256", der, "hex") };
}

function keyIdOf(pin: KeyPin | null): string | null {
  return pin === null ? null : toKeyId(pin);
}

const MOST_CHARACTERS = 4096;
const MOST_NAMES = 20;

/** A certificate of 48 KiB can be all name. */
function bounded(value: LogEntry[string]): LogEntry[string] {
  if (typeof value === "string") return shortened(value, MOST_CHARACTERS);
  if (!Array.isArray(value)) return value;
  const shown = value
    .slice(0, MOST_NAMES)
    .map((text: string) => shortened(text, MOST_CHARACTERS / MOST_NAMES));
  return value.length > MOST_NAMES ? [...shown, `and ${value.length - MOST_NAMES} more`] : shown;
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text;
}

/** `met peer=anna keyId=… subject="CN=anna, O=Lab"`. */
function toText({ event, ...fields }: LogEntry): string {
  const words = Object.entries(fields).flatMap(([name, value]) => {
    if (value === null || value === undefined || value === false) return [];
    if (Array.isArray(value) && value.length === 0) return [];
    const text = Array.isArray(value) ? value.join(", ") : String(value);
    return [`${name}=${/^[\w.:/@%+=-]+$/.test(text) ? text : JSON.stringify(text)}`];
  });
  return [event, ...words].join(" ");
}
