import type { Http2Session } from "node:http2";
import { isStreamError } from "../exchange/is-stream-error.ts";
import { Deadline } from "../../../deadline.ts";

const PING_MS = 2000;

/**
 * Node ends a connection for any break of the rules that nghttp2 tells of, also where nghttp2 reset the one stream and
 * goes on, as with a body that is longer than its length (RFC 9113 §8.1.1). Where it does not go on, GOAWAY was said, and
 * no ping is answered: then the connection ends after all.
 */
export function outliveStreamErrors(session: Http2Session): void {
  const destroy = session.destroy.bind(session);
  let broken: Error | undefined;
  const outlive: Http2Session["destroy"] = (error, code) => {
    if (!isStreamError(error)) {
      destroy(error ?? broken, code);
      return;
    }
    if (broken !== undefined) return;
    broken = error;
    const late = new Deadline(PING_MS, () => destroy(error, code)).unref();
    const stop = (): void => late[Symbol.dispose]();
    session.once("close", stop);
    try {
      session.ping((failure) => {
        if (failure !== null) return;
        stop();
        session.off("close", stop);
        broken = undefined;
      });
    } catch {
      // It is over, and has the same time.
    }
  };
  session.destroy = outlive;
}
