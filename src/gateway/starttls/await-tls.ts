import type { Socket } from "node:net";
import type { Preface } from "./preface.ts";

interface AwaitTlsOptions {
  /** Called in the tick in which the client may begin TLS: nothing was read of that. */
  readonly onTls: (transport: Socket) => void;
  /** Told what ended the connection before, unless it was the client's good right. */
  readonly onRefused: (error: Error) => void;
}

/** All that a client says before TLS is short. */
const MOST_BYTES = 16 * 1024;

/**
 * Talks to a client in the clear up to where TLS begins. What comes behind the request for TLS before it was granted ends
 * the connection: whoever read on would take it for the client's own (CVE-2011-0411, CVE-2021-23214). How long this may
 * take, and for how many at once, is the caller's to say.
 */
export function awaitTls(transport: Socket, preface: Preface, options: AwaitTlsOptions): void {
  let kept: Buffer = Buffer.alloc(0);
  let heardBytes = 0;
  const finish = (): void => {
    transport.off("readable", read);
    transport.off("close", ended);
    transport.off("error", ignore);
  };
  const end = (problem: string | undefined, answer?: string | Uint8Array): void => {
    finish();
    transport.on("error", ignore);
    if (answer === undefined) transport.destroy();
    else {
      // Unread bytes would reset the connection, and the answer with it.
      transport.resume();
      transport.end(answer);
    }
    if (problem !== undefined) options.onRefused(new Error(problem));
  };
  const ended = (): void => {
    // Who says nothing at all only looks whether somebody listens.
    end(heardBytes === 0 ? undefined : "the connection ended before TLS began");
  };
  const read = (): void => {
    for (let chunk = readChunk(transport); chunk !== null; chunk = readChunk(transport)) {
      heardBytes += chunk.length;
      kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
      if (heardBytes > MOST_BYTES) return end("the client said more than is ever said before TLS");
      if (!takeSteps()) return;
    }
  };
  /** Says whether there is more to read. */
  const takeSteps = (): boolean => {
    while (kept.length > 0) {
      const step = preface.read(kept);
      if (step === undefined) break;
      if (step.next === "end") {
        end(step.problem, step.answer);
        return false;
      }
      if (step.next === "leave-to-tls") {
        finish();
        transport.unshift(kept);
        options.onTls(transport);
        return false;
      }
      kept = kept.subarray(step.length);
      if (step.next === "begin-tls") {
        begin(step.answer);
        return false;
      }
      if (step.answer.length > 0) transport.write(step.answer);
    }
    return true;
  };
  const begin = (answer: string | Uint8Array): void => {
    const more = kept.length + transport.readableLength;
    if (more > 0) return end(`${more} bytes came in the clear with the request for TLS`);
    // What waits here would go out behind TLS's own bytes.
    if (transport.writableLength > 0) return end("the client does not read what it is told");
    finish();
    transport.write(answer);
    options.onTls(transport);
  };
  transport.on("readable", read);
  transport.on("close", ended);
  transport.on("error", ignore);
  if (preface.greeting !== undefined) transport.write(preface.greeting);
}

function readChunk(transport: Socket): Buffer | null {
  return transport.read() as Buffer | null;
}

/** 'close' follows. */
function ignore(): void {}
