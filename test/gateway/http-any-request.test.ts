import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { connectRaw, exchangeRaw, openHttpScene } from "./support/http-scene.ts";
import { closed } from "../guard/support/closed.ts";
import { fieldBlock, FLAG, FRAME, frame, openFrames } from "./support/http2-frames.ts";
import { openH2cUpstream, openHttpUpstream } from "./support/http-upstream.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const NAME = fc.oneof(
  fc.constantFrom(
    ..."host,content-type,content-length,authorization,user-agent,te,trailer,expect,upgrade,connection".split(
      ",",
    ),
    ..."transfer-encoding,cookie,date,referer,if-match,max-forwards,http2-settings,x,:path,keep-alive".split(
      ",",
    ),
  ),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const VALUE = fc.oneof(
  fc.constantFrom(
    "chunked",
    "5",
    "100-continue",
    "websocket",
    "trailers",
    "close, x",
    "a, b",
    "",
    "ÿ",
    "\t",
    "é",
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const FIELDS = fc.array(fc.tuple(NAME, VALUE), { maxLength: 6 });
const METHOD = fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "DELETE", "PROPFIND", "CONNECT", "QUERY");
const TARGET = fc.oneof(
  fc.constantFrom("/", "*", "/%", "//", "/a?b", "http://a/", "a:1"),
  fc.string({ maxLength: 10 }),
);

describe("any request", () => {
  for (const protocol of ["http", "h2c"] as const) {
    it(
      `is answered or refused, and the next one is served: ${protocol}`,
      { timeout: FILE_PATIENCE_MS },
      async () => {
        await using http = await openHttpUpstream((request, response) => {
          request.resume();
          response.end("ok");
        });
        await using h2c = await openH2cUpstream((stream) => {
          stream.resume();
          stream.respond({ ":status": 200 });
          stream.end("ok");
        });
        const to = protocol === "http" ? http.port : h2c.port;
        await using scene = await openHttpScene({ to, protocol, config: { idleTimeoutMs: 300 } });
        const asks = async (
          method: string,
          target: string,
          fields: readonly [string, string][],
        ): Promise<void> => {
          const socket = await connectRaw(scene.port);
          const over = closed(socket);
          socket.resume();
          const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
          socket.end(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${lines}\r\nhello`, "latin1");
          await using frames = await openFrames(scene.port);
          const block = [
            [":method", method],
            [":scheme", "https"],
            [":authority", "a"],
            [":path", target],
          ] as const;
          frames.write(
            frame(FRAME.headers, FLAG.endHeaders, 1, fieldBlock([...block, ...fields])),
            frame(FRAME.data, FLAG.endStream, 1, Buffer.from("hello")),
          );
          await frames.waitFor(({ type, stream }) => stream === 1 || type === FRAME.goaway);
          await over;
        };
        await fc.assert(fc.asyncProperty(METHOD, TARGET, FIELDS, asks), { numRuns: 150 });
        let answer: string;
        // Its upstream may be too late on a slow machine.
        do answer = await exchangeRaw(scene.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        while (answer.startsWith("HTTP/1.1 504 "));
        assert.match(answer, /ok/);
      },
    );
  }
});
