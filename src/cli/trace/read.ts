import { statSync } from "node:fs";
import { Command } from "commander";
import { CaptureStreams, type StreamSummary } from "../../capture/capture-streams.ts";
import { describeLinkType } from "../../capture/network/link-type-name.ts";
import type { CaptureSink } from "../../capture/pcap/packet.ts";
import { HandclaspError, isHandclaspError } from "../../errors.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { printError, say } from "../terminal/output.ts";
import { type CaptureInput, openInput, STDIN } from "./captures/capture-input.ts";
import { CapturedConnections } from "./captures/captured-connections.ts";
import { capturedWriters } from "./captures/captured-writers.ts";
import { TraceCertificates } from "./captures/certificates.ts";
import { countOf } from "./formats/text-names.ts";
import { addTraceFlags, type TraceFlags } from "./formats/format.ts";
import { type InputEnd, readInput } from "./captures/read-input.ts";
import { TraceSecrets } from "./captures/secrets.ts";
import { TraceWriter } from "./formats/writer.ts";

interface Options extends TraceFlags {
  readonly keylog?: string;
  readonly certificates?: string;
}

/** `trace read`: all handshakes of a capture. */
export function readCommand(): Command {
  const verb = new Command("read")
    .description("print the messages of all TLS handshakes in a capture")
    .argument("<file...>", "pcap or pcapng, also compressed by gzip or zstd; `-` is stdin")
    .option("--keylog <file>", "secrets (SSLKEYLOGFILE) that are not in the capture itself")
    .option("--certificates <folder>", "keep each certificate in this folder as FINGERPRINT.pem");
  return addTraceFlags(verb).action(run);
}

/** Several files are read as one capture, in this order: a connection may go on in the next one. */
async function run(files: readonly string[], options: Options): Promise<void> {
  const inputs = openInputs(files);
  if (options.output !== undefined) requireOther(options.output, inputs);
  const secrets = new TraceSecrets({ grows: inputs.some(({ isRepeatable }) => !isRepeatable) });
  if (options.keylog !== undefined) secrets.addFile(options.keylog);
  for (const input of inputs) if (input.isRepeatable) await readSecrets(input, secrets);
  const certificates =
    options.certificates === undefined ? undefined : new TraceCertificates(options.certificates);
  using writer = new TraceWriter(options, { gathers: true });
  const writerFor = capturedWriters(options.format, writer, certificates);
  const reading = new CapturedConnections({ secrets, writerFor, explains: options.explain === true });
  const streams = new CaptureStreams((event) => reading.event(event));
  const isOver = (): boolean => {
    writer.flush();
    return writer.isUseless && certificates === undefined;
  };
  const ends: (readonly [CaptureInput, InputEnd | HandclaspError])[] = [];
  for (const input of inputs) {
    const end = await readPackets(input, sinkOf(input, streams, reading), isOver);
    if (end === undefined) return;
    ends.push([input, end]);
  }
  const summary = streams.end();
  if (!ends.every(([, end]) => end instanceof HandclaspError)) {
    sayCounts(reading, summary);
    sayLosses(summary, secrets);
    warnOf(reading.tooEarly, "connections ended before secrets came: what comes through a pipe is read once");
    sayCertificates(certificates, options.certificates);
  }
  for (const [{ name }, end] of ends) sayEnd(name, end);
}

/** Throws ERR_HANDCLASP_OPTION for one that cannot be read, ERR_HANDCLASP_MALFORMED for one that is no capture. */
function openInputs(files: readonly string[]): readonly CaptureInput[] {
  if (files.filter((file) => file === STDIN).length > 1)
    throw new HandclaspError("ERR_HANDCLASP_OPTION", "stdin (-) can be read once only");
  return files.map(openInput);
}

/** Secrets may stand behind the packets that need them: what can be read twice is. Only a pcapng has any. */
async function readSecrets(input: CaptureInput, secrets: TraceSecrets): Promise<void> {
  const sink: CaptureSink = { packet: () => undefined, secrets: ({ keyLog }) => secrets.add(keyLog) };
  await readInput(input, sink, (format) => format === "pcap");
}

/** What comes through a pipe may turn out to be no capture when others were read already. */
async function readPackets(
  input: CaptureInput,
  sink: CaptureSink,
  isOver: () => boolean,
): Promise<InputEnd | HandclaspError | undefined> {
  try {
    return await readInput(input, sink, isOver);
  } catch (error) {
    if (isHandclaspError(error)) return error;
    throw error;
  }
}

function sinkOf(
  { isRepeatable }: CaptureInput,
  streams: CaptureStreams,
  reading: CapturedConnections,
): CaptureSink {
  return {
    packet: (packet) => streams.packet(packet),
    secrets: ({ keyLog }) => (isRepeatable ? undefined : reading.secrets(keyLog)),
  };
}

/** Writing begins while the capture is still to be read. Throws ERR_HANDCLASP_OPTION when both are one file. */
function requireOther(output: string, inputs: readonly CaptureInput[]): void {
  const written = statSync(output, { throwIfNoEntry: false });
  const isRead = inputs.some(({ stat }) => stat.ino === written?.ino && stat.dev === written.dev);
  if (isRead) throw new HandclaspError("ERR_HANDCLASP_OPTION", `--output ${output} is the capture itself`);
}

function sayCounts({ count, withTls }: CapturedConnections, { packets }: StreamSummary): void {
  say(`${countOf(packets, "packet")}, ${countOf(count, "TCP connection")}, ${withTls} of them with TLS`);
}

function sayLosses(summary: StreamSummary, { malformedLines, premasterLines }: TraceSecrets): void {
  const { unknownLinkTypes, leftOut, malformedPackets, cutSegments, lostFragments } = summary;
  if (leftOut.size > 0) say(`left out: ${describeLeftOut(leftOut)}`);
  for (const [linkType, count] of [...unknownLinkTypes].slice(0, MOST_NAMED)) {
    warnOf(
      count,
      `packets of link type ${describeLinkType(linkType)}, which is not known here, were left out`,
    );
  }
  warnOf(unknownLinkTypes.size - MOST_NAMED, "link types more that are not known here were left out");
  warnOf(malformedPackets, "packets with headers that cannot be were left out");
  warnOf(cutSegments, "packets were cut when they were captured (a snap length)");
  warnOf(lostFragments, "IP fragments did not become whole");
  warnOf(malformedLines, "lines of what was given as key log are no lines of one");
  warnOf(premasterLines, "lines of the key log hold premaster secrets, which are not used");
}

const MOST_NAMED = 20;

/** The most frequent first: `12 QUIC, 3 ARP`. */
function describeLeftOut(leftOut: ReadonlyMap<string, number>): string {
  const all = [...leftOut].toSorted(([, one], [, other]) => other - one);
  const rest = all.slice(MOST_NAMED).reduce((sum, [, count]) => sum + count, 0);
  const named = all.slice(0, MOST_NAMED).map(([name, count]) => `${count} ${name}`);
  return [...named, ...(rest > 0 ? [`${rest} others`] : [])].join(", ");
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

function sayEnd(file: string, end: InputEnd | HandclaspError): void {
  if (end instanceof HandclaspError) {
    process.exitCode = 1;
    printError(end);
    return;
  }
  const { broken, capture } = end;
  if (broken !== undefined) {
    if (broken.state === "damaged") process.exitCode = 1;
    const [how, is] = broken.state === "damaged" ? ["error", "damaged"] : ["warning", "truncated"];
    say(`${how}: ${file} is ${is}: ${escapeText(broken.message)}; what comes before was read`);
  } else if (capture.state === "truncated") {
    const { bytesRead, field, needs, has } = capture;
    say(`warning: ${file} is truncated: ${field} at byte ${bytesRead} needs ${needs} bytes, has ${has}`);
  } else if (capture.state === "malformed") {
    process.exitCode = 1;
    say(`error: ${file} is damaged: ${escapeText(capture.error.message)}; nothing after it was read`);
  }
}
