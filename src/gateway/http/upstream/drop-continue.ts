import type { UpstreamSocket } from "../../upstream/upstream-socket.ts";

/** Any minor version. */
const CONTINUE = /^HTTP\/1\.\d 100[ \r\n]/;
const BEGINNING = /^(?:H|HT|HTT|HTTP|HTTP\/|HTTP\/1|HTTP\/1\.|HTTP\/1\.\d|HTTP\/1\.\d (?:1(?:00?)?)?)$/;
const STATUS_LINE_BYTES = 13;
const DIGIT_0 = 0x30;
const DIGIT_1 = 0x31;
const MOST_HELD = 64 * 1024;

/**
 * Takes `100 Continue` out of what comes behind each request. Some upstreams say it to whoever sends something, it means
 * nothing to who does not wait for it (RFC 9110 §15.2.1), and undici takes it for an error.
 */
export function dropContinue(socket: UpstreamSocket): void {
  const push = socket.push.bind(socket);
  /** At which write the upstream began to answer. */
  let answered = -1;
  let held: Buffer | undefined;
  const pushOther: typeof push = (chunk, encoding) => {
    const { writes } = socket;
    if (answered === writes || !Buffer.isBuffer(chunk) || !mayBeContinue(held, chunk)) {
      answered = writes;
      if (held !== undefined) push(held);
      held = undefined;
      return push(chunk, encoding);
    }
    let rest = held === undefined ? chunk : Buffer.concat([held, chunk]);
    held = undefined;
    while (rest.length > 0) {
      const text = rest.toString("latin1", 0, STATUS_LINE_BYTES);
      const end = CONTINUE.test(text) ? rest.indexOf("\r\n\r\n") : -1;
      if (end === -1 && (CONTINUE.test(text) || BEGINNING.test(text)) && rest.length < MOST_HELD) {
        held = rest;
        return true;
      }
      if (end === -1) {
        answered = writes;
        return push(rest);
      }
      rest = rest.subarray(end + 4);
    }
    return true;
  };
  socket.push = pushOther;
}

/** Nearly never: looked at before anything is copied. */
function mayBeContinue(held: Buffer | undefined, chunk: Buffer): boolean {
  if (held !== undefined || chunk.length < STATUS_LINE_BYTES) return true;
  return chunk[9] === DIGIT_1 && chunk[10] === DIGIT_0 && chunk[11] === DIGIT_0;
}
