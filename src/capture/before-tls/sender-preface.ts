import type { Sender } from "../../tls/records/sender.ts";
import { clientPiece, serverPiece } from "./binary-prefaces.ts";
import type { Conversation } from "./conversation.ts";
import type { Said } from "./preface-name.ts";
import { clientLine, proxyLine } from "./text-prefaces.ts";
import { isAlertRecord, isHelloRecord, isRecordStart } from "./tls-start.ts";

/** Takes what one sender says in TLS. */
export interface TlsSink {
  data(bytes: Uint8Array): void;
  /** Bytes that the capture lacks. */
  gap(length: number): void;
}

/** How far TLS is looked for. */
const PREFACE_LIMIT = 64 * 1024;
/** What is kept of a line. */
const LINE_LIMIT = 512;
/** What is kept to tell what it was when it was no TLS. */
const HEAD_BYTES = 64;

const HEADLESS_TEXT = 16;

const NOTHING = new Uint8Array(0);

/** The bytes of one sender up to TLS, piece by piece; a piece is a line, a tag of XML or a message. */
export class SenderPreface {
  readonly #sender: Sender;
  readonly #conversation: Conversation;
  readonly #sink: TlsSink;
  /** The first bytes of the connection were not captured. */
  #isHeadless: boolean;
  #isTls = false;
  /** No piece can be told from the next any more. */
  #isLost = false;
  #seen = 0;
  #gap = 0;
  /** Nothing came before, or only what was understood: another protocol, or TLS, begins here. */
  #isFresh = true;
  #negotiates = false;
  /** Within the head of a CONNECT or its answer, which ends at an empty line. */
  #isInHead = false;
  #skip = 0;
  #line: string | undefined;
  #isFirstLine = false;
  #pending: Uint8Array = NOTHING;
  #head: Uint8Array = NOTHING;

  constructor(sender: Sender, conversation: Conversation, isHeadless: boolean, sink: TlsSink) {
    this.#sender = sender;
    this.#conversation = conversation;
    this.#isHeadless = isHeadless;
    this.#sink = sink;
  }

  get isTls(): boolean {
    return this.#isTls;
  }

  /** Something of it was captured. */
  get hasSpoken(): boolean {
    return this.#seen > 0;
  }

  /** What it began with was not captured, and so far nothing else. */
  get isMissing(): boolean {
    return this.#gap > 0 && this.#seen === 0;
  }

  data(bytes: Uint8Array): void {
    if (this.#isTls) this.#sink.data(bytes);
    else if (this.#seen <= PREFACE_LIMIT && bytes.length > 0) this.#look(bytes);
  }

  gap(length: number): void {
    if (this.#isTls) this.#sink.gap(length);
    else if (this.#seen === 0) {
      this.#gap += length;
      this.#isHeadless = true;
    } else {
      this.#isLost = true;
      this.#pending = NOTHING;
      this.#line = undefined;
    }
  }

  /** Whatever comes is for TLS to judge, and so is how it began. */
  giveUp(): void {
    if (this.#isTls) return;
    this.#isTls = true;
    if (this.#gap > 0) this.#sink.gap(this.#gap);
    if (this.#head.length > 0) this.#sink.data(this.#head);
    this.#release();
  }

  #look(bytes: Uint8Array): void {
    const isFirst = this.#seen === 0;
    this.#seen += bytes.length;
    const mayBeAlone = !isFirst && this.#skip === 0;
    const isWaiting = this.#pending.length > 0;
    if (mayBeAlone && !isWaiting && this.#isHelloAlone(bytes)) this.#begin(bytes);
    else if (!this.#isLost) this.#pieces(isWaiting ? Buffer.concat([this.#pending, bytes]) : bytes);
    if (mayBeAlone && isWaiting && !this.#isTls && this.#isHelloAlone(bytes)) this.#begin(bytes);
    if (this.#seen > PREFACE_LIMIT) this.#release();
  }

  #pieces(input: Uint8Array): void {
    this.#pending = NOTHING;
    let at = 0;
    while (at < input.length && !this.#isTls && !this.#isLost) {
      const taken = this.#piece(input, at);
      if (taken === 0) break;
      at += taken;
    }
  }

  /** What a piece, or the part of it that is here, takes; 0 when it has to be looked at again with more. */
  #piece(input: Uint8Array, at: number): number {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, input.length - at);
      this.#skip -= skipped;
      return skipped;
    }
    if (this.#line !== undefined) return this.#text(this.#line, input, at);
    const rest = input.subarray(at);
    if (this.#isFresh && this.#head.length < HEAD_BYTES)
      this.#head = new Uint8Array(rest.subarray(0, HEAD_BYTES));
    const begins = this.#isTlsNext(rest);
    if (begins === true) {
      this.#begin(rest);
      return rest.length;
    }
    if (begins === undefined) return this.#wait(rest);
    if (this.#isFresh) {
      const taken = this.#message(rest);
      if (taken !== undefined) return taken;
    }
    if (this.#isFresh && !this.#isText(rest)) return this.#unknown(rest);
    this.#isFirstLine = this.#isFresh;
    this.#isFresh = false;
    return this.#text("", input, at);
  }

  #message(rest: Uint8Array): number | undefined {
    const { asked, hasClient, isProbed } = this.#conversation;
    const known = { asked, hasClient, isProbed, negotiates: this.#negotiates };
    const piece = this.#sender === "client" ? clientPiece(rest, known) : serverPiece(rest, known);
    if (piece === "more") return this.#wait(rest);
    if (piece === undefined) return undefined;
    this.#negotiates = piece.negotiates === true;
    if (piece.said !== undefined) this.#hear(piece.said);
    this.#skip = piece.length;
    return this.#piece(rest, 0);
  }

  /** Text up to the end of a line, or of a tag where it is XML. */
  #text(line: string, input: Uint8Array, at: number): number {
    const isXml = (line === "" ? input[at] : line.charCodeAt(0)) === LESS_THAN;
    const end = input.indexOf(isXml ? GREATER_THAN : LINE_FEED, at);
    const until = end === -1 ? input.length : end + 1;
    const room = Math.min(until, at + LINE_LIMIT - line.length);
    this.#line = line + String.fromCharCode(...input.subarray(at, room));
    if (end !== -1) this.#endOfLine(this.#line.replace(/\r?\n$/, ""));
    return until - at;
  }

  #endOfLine(line: string): void {
    this.#line = undefined;
    const said = this.#meaning(line);
    if (said !== undefined) {
      this.#hear(said);
      this.#isInHead = said.name === "HTTP CONNECT" && said.does !== "refuse";
      this.#isFresh = !this.#isInHead;
    } else if (this.#isInHead && line === "") {
      this.#isInHead = false;
      this.#isFresh = true;
      this.#head = NOTHING;
    }
  }

  #meaning(line: string): Said | undefined {
    if (this.#sender === "server") return this.#conversation.answer(line, this.#isFirstLine);
    const proxied = this.#isFirstLine ? proxyLine(line) : undefined;
    return proxied ?? clientLine(line, this.#conversation.greeting);
  }

  #hear(said: Said): void {
    this.#conversation.hear(said);
    this.#isFresh = true;
    this.#head = NOTHING;
  }

  /** In the middle of a connection a single byte of what is sealed may look like text. */
  #isText(rest: Uint8Array): boolean {
    return rest.subarray(0, this.#isHeadless ? HEADLESS_TEXT : 1).every(isText);
  }

  #isTlsNext(rest: Uint8Array): boolean | undefined {
    if (this.#isFresh && isRecordStart(rest)) return true;
    if (this.#isFresh && this.#sender === "server" && this.#isServersTurn()) return true;
    return this.#mayBeHello() ? isHelloRecord(rest, this.#sender) : false;
  }

  /** The client has begun TLS and nothing is left to answer: whatever the server says is its answer to that. */
  #isServersTurn(): boolean {
    return this.#conversation.clientHasTls && this.#conversation.asked === undefined;
  }

  /** A server begins TLS behind its client. */
  #mayBeHello(): boolean {
    return this.#sender === "client" || this.#conversation.clientHasTls || !this.#conversation.hasClient;
  }

  /** At the start of a segment, behind whatever came before. */
  #isHelloAlone(bytes: Uint8Array): boolean {
    if (!this.#mayBeHello()) return false;
    if (isHelloRecord(bytes, this.#sender) === true) return true;
    return this.#conversation.clientHasTls && isAlertRecord(bytes);
  }

  #unknown(rest: Uint8Array): number {
    if (this.#isHeadless) this.#begin(rest);
    else this.#isLost = true;
    return rest.length;
  }

  #wait(rest: Uint8Array): 0 {
    this.#pending = new Uint8Array(rest);
    return 0;
  }

  #begin(bytes: Uint8Array): void {
    const isBehindMore = !this.#isFresh || this.#isLost;
    this.#isTls = true;
    this.#conversation.tlsBegins(this.#sender, isBehindMore);
    if (this.#gap > 0) this.#sink.gap(this.#gap);
    this.#sink.data(bytes);
    this.#head = NOTHING;
    this.#release();
  }

  #release(): void {
    this.#pending = NOTHING;
    this.#line = undefined;
  }
}

const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const LINE_FEED = 0x0a;

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
