import { statSync } from "node:fs";
import { Command } from "commander";
import type { Connection, TcpEvent } from "../../capture/connection.ts";
import type { CaptureEnd } from "../../capture/capture-reader.ts";
import { CaptureStreams, type StreamSummary } from "../../capture/capture-streams.ts";
import type { CaptureSink } from "../../capture/packet.ts";
import { HandclaspError } from "../../errors.ts";
import type { TraceMessage } from "../../tls/trace-message.ts";
import { escapeText } from "../../trust/peer-name.ts";
import { say } from "../output.ts";
import { CapturedConnection, type CapturedListener } from "./captured.ts";
import { TraceCertificates } from "./certificates.ts";
import { explainHandshake } from "./explain.ts";
import { readCaptureFile } from "./file.ts";
import { addTraceFlags, type TraceFlags } from "./format.ts";
import { capturedWriter, type CapturedWriter } from "./read-formats.ts";
import { TraceSecrets } from "./secrets.ts";
import { TraceWriter } from "./writer.ts";

interface Options extends TraceFlags {
  readonly keylog?: string;
  readonly certificates?: string;
}

/** `trace read`: all handshakes of a capture. */
export function readCommand(): Command {
  const verb = new Command("read")
    .description("print the messages of all TLS handshakes in a capture")
    .argument("<file>", "pcap or pcapng")
    .option("--keylog <file>", "secrets (SSLKEYLOGFILE) that are not in the capture itself")
    .option("--certificates <folder>", "keep each certificate in this folder as FINGERPRINT.pem");
  return addTraceFlags(verb).action(run);
}

function run(file: string, options: Options): void {
  if (options.output !== undefined) requireOther(options.output, file);
  const secrets = new TraceSecrets();
  if (options.keylog !== undefined) secrets.addFile(options.keylog);
  // Secrets may stand behind the packets that need them.
  readCaptureFile(file, { packet: () => undefined, secrets: ({ keyLog }) => secrets.add(keyLog) });
  const certificates =
    options.certificates === undefined ? undefined : new TraceCertificates(options.certificates);
  using writer = new TraceWriter(options);
  const reading = new Reading(options, secrets, writer, certificates);
  const streams = new CaptureStreams((event) => reading.event(event));
  const sink: CaptureSink = { packet: (packet) => streams.packet(packet), secrets: () => undefined };
  const end = readCaptureFile(file, sink, () => writer.isUseless && certificates === undefined);
  if (end === undefined) return;
  const summary = streams.end();
  sayCounts(reading, summary);
  sayLosses(summary, secrets);
  sayCertificates(certificates, options.certificates);
  sayEnd(file, end);
}

/** Writing begins while the capture is still to be read. Throws ERR_HANDCLASP_OPTION when both are one file. */
function requireOther(output: string, file: string): void {
  const [written, read] = [output, file].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (written === undefined || written.ino !== read?.ino || written.dev !== read.dev) return;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `--output ${output} is the capture itself`);
}

/** The connections of a capture while it is being read. */
class Reading {
  readonly #open = new Map<Connection, { observed: CapturedConnection; write: CapturedWriter }>();
  readonly #secrets: TraceSecrets;
  readonly #certificates: TraceCertificates | undefined;
  readonly #writerFor: ReturnType<typeof capturedWriter>;
  readonly #explains: boolean;
  connections = 0;
  withTls = 0;

  constructor(
    flags: TraceFlags,
    secrets: TraceSecrets,
    writer: TraceWriter,
    certificates: TraceCertificates | undefined,
  ) {
    this.#secrets = secrets;
    this.#certificates = certificates;
    this.#explains = flags.explain === true;
    this.#writerFor = capturedWriter(flags.format, writer, secrets);
  }

  event(event: TcpEvent): void {
    const { observed, write } = this.#open.get(event.connection) ?? this.#begin(event.connection);
    write.event(event);
    observed.event(event);
    if (event.kind !== "close") return;
    this.#open.delete(event.connection);
    if (observed.isTls) this.withTls += 1;
    write.end(observed.isTls, this.#explains ? explainHandshake(observed.story) : undefined);
  }

  #begin(connection: Connection): { observed: CapturedConnection; write: CapturedWriter } {
    this.connections += 1;
    const write = this.#writerFor(connection);
    const listener: CapturedListener = {
      message: (message: TraceMessage) => {
        this.#certificates?.keep(message);
        write.message(message);
      },
      problem: (problem) => write.problem(problem),
    };
    const begun = { observed: new CapturedConnection(connection, this.#secrets, listener), write };
    this.#open.set(connection, begun);
    return begun;
  }
}

function sayCounts({ connections, withTls }: Reading, { packets }: StreamSummary): void {
  say(`${packets} packets, ${connections} TCP connections, ${withTls} of them with TLS`);
}

function sayLosses(summary: StreamSummary, { malformedLines }: TraceSecrets): void {
  const { unknownLinkTypes, malformedPackets, cutSegments, lostFragments } = summary;
  for (const [linkType, count] of unknownLinkTypes) {
    say(`warning: ${count} packets of link type ${linkType}, which is not known here, were left out`);
  }
  warnOf(malformedPackets, "packets with headers that cannot be were left out");
  warnOf(cutSegments, "packets were cut when they were captured (a snap length)");
  warnOf(lostFragments, "IP fragments did not become whole");
  warnOf(malformedLines, "lines of the key log are none");
}

function warnOf(count: number, what: string): void {
  if (count > 0) say(`warning: ${count} ${what}`);
}

function sayCertificates(certificates: TraceCertificates | undefined, folder: string | undefined): void {
  if (certificates === undefined || folder === undefined) return;
  say(`${certificates.count} certificates in ${folder}`);
  for (const path of certificates.skipped) {
    say(`warning: ${path} holds something else and was left as it is`);
    process.exitCode = 1;
  }
}

function sayEnd(file: string, end: CaptureEnd): void {
  if (end.state === "truncated") {
    const { bytesRead, field, needs, has } = end;
    say(`warning: ${file} is truncated: ${field} at byte ${bytesRead} needs ${needs} bytes, has ${has}`);
  } else if (end.state === "malformed") {
    process.exitCode = 1;
    say(`error: ${file} is damaged: ${escapeText(end.error.message)}; nothing after it was read`);
  }
}
