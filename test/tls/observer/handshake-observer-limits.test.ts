import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { HandshakeObserver } from "../../../src/tls/observer/handshake-observer.ts";
import { parseKeyLog } from "../../../src/tls/keys/key-log.ts";
import type { TraceMessage, TraceProblem } from "../../../src/tls/observer/trace-message.ts";
import { cpuMs } from "../../support/cpu-time.ts";
import { type Chunks, lines, observeChunks } from "../differential/support/observed.ts";
import { clientHello, concat, message, record, text, uint } from "../messages/support/encode.ts";
import { clientWith, versatileServer } from "../support/connection-options.ts";
import { recordConnection } from "../support/recorded-connection.ts";

const HEADER = 256;
const APPLICATION_DATA = 23;

interface Recorded {
  readonly chunks: Chunks;
  readonly keyLog: string;
}

describe("HandshakeObserver", () => {
  const recorded: Record<"TLSv1.2" | "TLSv1.3", Recorded> = {
    "TLSv1.2": { chunks: [], keyLog: "" },
    "TLSv1.3": { chunks: [], keyLog: "" },
  };
  before(async () => {
    const server = await versatileServer();
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const options = clientWith({ minVersion: version, maxVersion: version });
      const { chunks, keyLog } = await recordConnection(server, options);
      recorded[version] = { chunks: chunks.map(({ from, bytes }) => [from, bytes]), keyLog };
    }
  });

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    it(`says that ${version} cannot be decrypted without secrets, and invents nothing`, () => {
      const { chunks, keyLog } = recorded[version];
      const full = observeChunks(chunks, keyLog);
      const blind = observeChunks(chunks, "");
      assert.deepEqual(full.problems, []);
      const missing = version === "TLSv1.2" ? /CLIENT_RANDOM/ : /_HANDSHAKE_TRAFFIC_SECRET/;
      assert.equal(blind.problems.length, 2);
      for (const { kind, message: problem } of blind.problems) {
        assert.equal(kind, "undecryptable");
        assert.match(problem, missing);
      }
      const told = lines(blind.messages);
      const known = new Set(lines(full.messages));
      assert.ok(told.every((line) => known.has(line)));
      assert.equal(told.filter(isHeader).length, lines(full.messages).filter(isHeader).length);
    });

    it(`says that more of ${version} waited than may be held back, and frees it`, () => {
      const { chunks, keyLog } = recorded[version];
      const { problems, messages } = observeChunks(chunks, keyLog, { secrets: "late", maxBytes: 10_000 });
      assert.ok(problems.some(({ message: problem }) => problem.includes("more than 10000 bytes")));
      assert.ok(messages.some(({ contentType }) => contentType === HEADER));
    });

    it(`tells no byte of application data of ${version}`, () => {
      const { chunks, keyLog } = recorded[version];
      const { messages } = observeChunks(chunks, keyLog);
      assert.ok(messages.some(({ messageType }) => messageType === APPLICATION_DATA));
      for (const { data } of messages)
        assert.ok(!Buffer.from(data).includes("question") && !Buffer.from(data).includes("answer"));
    });
  }

  it("keeps each message's time while it waits", () => {
    const { chunks, keyLog } = recorded["TLSv1.3"];
    const early = observeChunks(chunks, keyLog).messages.filter(({ direction }) => direction === "write");
    const late = observeChunks(chunks, keyLog, { secrets: "late" }).messages;
    assert.deepEqual(
      late.filter(({ direction }) => direction === "write").map(({ time }) => time),
      early.map(({ time }) => time),
    );
  });

  it("goes on at once when the secret comes from within onMessage", () => {
    const { chunks, keyLog } = recorded["TLSv1.3"];
    const messages: TraceMessage[] = [];
    const observer = new HandshakeObserver({
      connection: "c",
      now: () => 0,
      onMessage(told) {
        messages.push(told);
        if (told.parsed?.name !== "server_hello") return;
        for (const { label, clientRandom, secret } of parseKeyLog(keyLog).entries)
          observer.secret(label, clientRandom, secret);
      },
    });
    for (const [from, bytes] of chunks) {
      if (from === "client") observer.read(bytes);
      else observer.wrote(bytes);
    }
    assert.equal(observer.held, 0);
    assert.deepEqual(lines(messages), lines(observeChunks(chunks, keyLog).messages));
  });

  it("is not led astray by the secrets of a thousand other connections", () => {
    const { chunks, keyLog } = recorded["TLSv1.3"];
    const others = Array.from({ length: 1_000 }, (_, index) =>
      ["CLIENT", "SERVER"].map((side) => {
        const random = Buffer.alloc(32, index).fill(7, 2).toString("hex");
        return `${side}_HANDSHAKE_TRAFFIC_SECRET ${random} ${"ab".repeat(48)}`;
      }),
    ).flat();
    const { messages, problems } = observeChunks(
      chunks,
      [...others, keyLog, "CLIENT_TRAFFIC_SECRET_N"].join("\n"),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(lines(messages), lines(observeChunks(chunks, keyLog).messages));
  });

  it("says what a stream was cut short in", () => {
    const hello = record(22, message(1, clientHello()));
    const inRecord = observeChunks([["client", hello.subarray(0, 20)]], "");
    assert.deepEqual(ofProblems(inRecord.problems), [
      ["truncated", "the stream ends 20 bytes into a record"],
    ]);
    const inMessage = observeChunks([["client", record(22, message(1, clientHello()).subarray(0, 9))]], "");
    assert.deepEqual(ofProblems(inMessage.problems), [
      ["truncated", "the stream ends 9 bytes into a handshake message"],
    ]);
  });

  it("names what is not TLS, once", () => {
    const request = text("GET / HTTP/1.1\r\n\r\n");
    const { messages, problems } = observeChunks(
      [
        ["client", request],
        ["client", request],
      ],
      "",
    );
    assert.deepEqual(messages, []);
    assert.deepEqual(ofProblems(problems), [["malformed", "record at byte 0: an HTTP request, not TLS"]]);
  });

  it("tells a message that it cannot read, and what is wrong with it", () => {
    const { messages, problems } = observeChunks([["client", record(22, message(1, [3, 3, 1]))]], "");
    assert.deepEqual(lines(messages), ["read 256 22 1603030007", "read 22 1 01000003030301"]);
    assert.equal(messages[1]?.parsed, undefined);
    assert.match(problems[0]?.message ?? "", /^client_hello\.random at byte 2: needs 32, has 1/);
  });

  it("tells an alert before the hellos are done", () => {
    const hello = record(22, message(1, clientHello()));
    const { messages, problems } = observeChunks(
      [
        ["client", hello],
        ["server", record(21, [2, 40])],
      ],
      "",
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(lines(messages).slice(2), ["write 256 21 1503030002", "write 21 40 0228"]);
  });

  it("says that records of TLS 1.0 are not decrypted", () => {
    const serverHello = concat(uint(2, 0x0301), new Uint8Array(32), [0], uint(2, 0xc013), [0]);
    const { problems } = observeChunks(
      [
        ["client", record(22, message(1, clientHello({ version: 0x0301 })))],
        [
          "server",
          concat(record(22, message(2, serverHello)), record(20, [1]), record(22, new Uint8Array(32))),
        ],
      ],
      "",
    );
    assert.deepEqual(ofProblems(problems), [["unread", "not decrypted: TLS 1.0"]]);
  });

  it("holds a bounded part of records that never stop coming, in linear time", () => {
    const problems: TraceProblem[] = [];
    const observer = new HandshakeObserver({
      connection: "c",
      now: () => 0,
      onMessage: () => undefined,
      onProblem: (problem) => problems.push(problem),
    });
    observer.read(record(22, message(1, clientHello())));
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => record(23, [1])));
    const begin = cpuMs();
    for (let times = 0; times < 20; times++) {
      observer.read(many);
      assert.ok(observer.held <= 256 * 1024);
    }
    assert.ok(cpuMs() - begin < 5_000);
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.kind, "undecryptable");
  });

  it("refuses a second ClientHello that answers nothing", () => {
    const hello = record(22, concat(message(1, clientHello()), message(1, clientHello())));
    const { problems } = observeChunks([["client", hello]], "");
    assert.match(
      problems[0]?.message ?? "",
      /client_hello at byte 0: comes before the last one was answered/,
    );
  });

  it("tells directions as our side has them when it is the client", () => {
    const { chunks, keyLog } = recorded["TLSv1.3"];
    const turned = observeChunks(chunks, keyLog, { side: "client" }).messages;
    assert.deepEqual(lines(turned).map(turn), lines(observeChunks(chunks, keyLog).messages));
  });
});

function ofProblems(problems: readonly TraceProblem[]): readonly (readonly [string, string])[] {
  return problems.map(({ kind, message: problem }) => [kind, problem]);
}

function turn(line: string): string {
  return line.startsWith("read") ? line.replace("read", "write") : line.replace("write", "read");
}

function isHeader(line: string): boolean {
  return line.split(" ")[1] === String(HEADER);
}
