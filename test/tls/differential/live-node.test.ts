import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import tls from "node:tls";
import { promisify } from "node:util";
import { observe } from "../../../src/guard/observe.ts";
import {
  TRACE_CONTENT_TYPE,
  type TraceMessage,
  type TraceProblem,
} from "../../../src/tls/observer/trace-message.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { writeCertificates } from "./support/certificates.ts";
import { missingPython, type PythonEvent } from "./support/python-connections.ts";

const CLIENT = join(import.meta.dirname, "support", "live_client.py");
/** More than one record holds. */
const ANSWER = "an answer of some length ".repeat(700);

describe(
  "observe() on a server of Node, and the message callback of its client",
  { skip: missingPython() },
  () => {
    const folder = temporaryFolder();
    before(() => writeCertificates(folder));

    for (const version of ["1.2", "1.3"])
      for (const shown of ["", "p256", "chain", "huge"])
        it(`tell the same of TLS ${version}, client certificate: ${shown || "none"}`, async () => {
          const identity = readFileSync(join(folder, "p256.pem"));
          const server = tls.createServer({
            key: identity,
            cert: identity,
            requestCert: true,
            rejectUnauthorized: false,
          });
          server.on("secureConnection", (socket) => {
            socket.on("error", () => socket.destroy());
            socket.once("data", () => socket.end(ANSWER));
          });
          const messages: TraceMessage[] = [];
          const problems: TraceProblem[] = [];
          using _ = observe(server, (message) => messages.push(message), {
            onProblem: (problem) => problems.push(problem),
          });
          await once(server.listen(0, "127.0.0.1"), "listening");
          const { port } = server.address() as AddressInfo;
          const file = shown === "" ? "" : join(folder, `${shown}.pem`);
          const { stdout } = await promisify(execFile)("python3", [CLIENT, String(port), version, file]);
          await once(server.close(), "close");
          assert.deepEqual(problems, []);
          const runs = stdout
            .trim()
            .split("\n")
            .map((line): Run => JSON.parse(line));
          const connections = Map.groupBy(messages, ({ connection }) => connection);
          assert.equal(connections.size, 2);
          assert.deepEqual(
            runs.map(({ resumed }) => resumed),
            [false, true],
          );
          for (const [index, told] of [...connections.values()].entries()) assertMirrored(told, runs[index]);
        });
  },
);

interface Run {
  readonly events: readonly PythonEvent[];
  readonly resumed: boolean;
}

/** What one side writes the other reads. */
function assertMirrored(told: readonly TraceMessage[], run: Run | undefined): void {
  for (const [ours, theirs] of [
    ["read", "write"],
    ["write", "read"],
  ] as const) {
    const messages = told.filter(({ direction }) => direction === ours);
    const comparable = messages.filter(
      ({ contentType }) => theirs === "write" || contentType !== TRACE_CONTENT_TYPE.changeCipherSpec,
    );
    assert.deepEqual(
      comparable.map(({ contentType, messageType, data }) => [
        theirs,
        contentType,
        messageType,
        Buffer.from(data).toString("hex"),
      ]),
      run?.events.filter(([direction]) => direction === theirs),
    );
  }
}
