import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import http2 from "node:http2";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { describe, it } from "node:test";
import tls from "node:tls";
import type { ChannelMessages } from "../../src/guard/channels.ts";
import { observe } from "../../src/guard/observe.ts";
import { ALERTS } from "../../src/tls/code-points/alert.ts";
import { HANDSHAKE_TYPE, HANDSHAKE_TYPES } from "../../src/tls/code-points/code-points.ts";
import { TRACE_CONTENT_TYPE, type TraceMessage } from "../../src/tls/observer/trace-message.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { closed } from "./support/closed.ts";
import { identity, inFiles } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { openssl, python } from "./support/programs.ts";
import { greet, openScene } from "./support/scene.ts";
import { refusing } from "./support/verdicts.ts";

const client = await identity("client");
const { key, cert } = await identity("localhost");

/** `read client_hello`, for each handshake message; `write alert 46` for alerts. */
function words(messages: readonly TraceMessage[]): readonly string[] {
  return messages.flatMap(({ direction, contentType, messageType }) => {
    if (contentType === TRACE_CONTENT_TYPE.alert) return [`${direction} alert ${messageType}`];
    if (contentType !== TRACE_CONTENT_TYPE.handshake || messageType === null) return [];
    return [`${direction} ${HANDSHAKE_TYPES.name(messageType)}`];
  });
}

async function listen(server: tls.Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const FULL = {
  "TLSv1.3": [
    "read client_hello",
    "write server_hello",
    "write encrypted_extensions",
    "write certificate_request",
    "write certificate",
    "write certificate_verify",
    "write finished",
    "read certificate",
    "read certificate_verify",
    "read finished",
  ],
  "TLSv1.2": [
    "read client_hello",
    "write server_hello",
    "write certificate",
    "write server_key_exchange",
    "write certificate_request",
    "write server_hello_done",
    "read certificate",
    "read client_key_exchange",
    "read certificate_verify",
    "read finished",
  ],
} as const;

describe("observe", () => {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    for (const [program, run] of Object.entries({ openssl, python })) {
      it(`tells the handshake of ${program}, decrypted (${version})`, async () => {
        await using scene = await openScene();
        greet(scene.server);
        const messages: TraceMessage[] = [];
        observe(scene.server, (message) => messages.push(message));
        const files = inFiles(temporaryFolder(), client);
        await run({ port: scene.port, files, version });
        assert.deepEqual(words(messages).slice(0, 10), FULL[version]);
        assert.equal(new Set(messages.map(({ connection }) => connection)).size, 1);
        const shown = messages.find(
          ({ direction, messageType, contentType }) =>
            direction === "read" &&
            contentType === TRACE_CONTENT_TYPE.handshake &&
            messageType === HANDSHAKE_TYPE.certificate,
        )?.parsed;
        assert.ok(shown?.name === "certificate");
        const [first] = shown.message.entries;
        assert.deepEqual(first && new Uint8Array(first.certificate), new Uint8Array(client.facts.der));
      });

      it(`shows the alert that refuses ${program} on a tapped connection (${version})`, async () => {
        await using scene = await openScene({ through: refusing("revoked") });
        const messages: TraceMessage[] = [];
        observe(scene.server, (message) => messages.push(message));
        const files = inFiles(temporaryFolder(), client);
        const { alert } = await run({ port: scene.port, files, version });
        assert.equal(alert, ALERTS.certificate_revoked);
        assert.equal(words(messages).at(10), `write alert ${ALERTS.certificate_revoked}`);
      });
    }
  }

  for (const order of ["before", "after"] as const) {
    it(`calls a connection as the guard does, when called ${order} it`, async () => {
      const messages: TraceMessage[] = [];
      const listener = (message: TraceMessage): void => void messages.push(message);
      await using scene = await openScene(
        order === "before" ? { prepare: (server) => void observe(server, listener) } : {},
      );
      if (order === "after") observe(scene.server, listener);
      greet(scene.server);
      const met: string[] = [];
      const note = (message: unknown): void => {
        const { server, connection } = message as ChannelMessages["handclasp:met"];
        if (server === scene.server) met.push(connection);
      };
      subscribe("handclasp:met", note);
      const outcome = await connectOnce({ port: scene.port, identity: client });
      unsubscribe("handclasp:met", note);
      assert.equal(outcome.received, "hello");
      assert.deepEqual([...new Set(messages.map(({ connection }) => connection))], met);
    });
  }

  it("keeps 100 parallel connections apart", async () => {
    const server = tls.createServer({ key, cert, requestCert: true, rejectUnauthorized: false });
    const byConnection = new Map<string, TraceMessage[]>();
    observe(server, (message) => {
      byConnection.set(message.connection, [...(byConnection.get(message.connection) ?? []), message]);
    });
    greet(server);
    const port = await listen(server);
    await Promise.all(
      Array.from({ length: 100 }, (_, number) =>
        connectOnce({ port, identity: client, maxVersion: number % 2 === 0 ? "TLSv1.3" : "TLSv1.2" }),
      ),
    );
    server.close();
    const seen = [...byConnection.values()].map((messages) => words(messages).slice(0, 10).join());
    assert.equal(seen.filter((text) => text === FULL["TLSv1.3"].join()).length, 50);
    assert.equal(seen.filter((text) => text === FULL["TLSv1.2"].join()).length, 50);
  });

  it("observes https and http2 servers", async () => {
    const answers: string[] = [];
    const secure = https.createServer({ key, cert }, (request, response) => {
      response.end(String(request.socket.remoteAddress));
    });
    const second = http2.createSecureServer({ key, cert }, (request, response) => {
      response.end(String(request.socket.remoteAddress));
    });
    for (const server of [secure, second]) {
      const messages: TraceMessage[] = [];
      observe(server, (message) => messages.push(message));
      const port = await listen(server);
      answers.push(server === secure ? await overHttps(port) : await overHttp2(port));
      assert.equal(words(messages)[0], "read client_hello");
      assert.ok(words(messages).includes("read finished"));
      server.close();
    }
    assert.deepEqual(answers, ["127.0.0.1", "127.0.0.1"]);
  });

  it("sends what a callback throws or rejects with to handclasp:error, and the handshake goes on", async () => {
    const server = tls.createServer({ key, cert });
    let count = 0;
    observe(server, () => {
      count += 1;
      if (count === 1) throw new Error("thrown");
      return count === 2 ? Promise.reject(new Error("rejected")) : undefined;
    });
    greet(server);
    const errors: unknown[] = [];
    const note = (message: unknown): void => {
      const { server: at, error, remoteAddress } = message as ChannelMessages["handclasp:error"];
      if (at === server) errors.push([(error as Error).message, remoteAddress]);
    };
    subscribe("handclasp:error", note);
    const outcome = await connectOnce({ port: await listen(server) });
    unsubscribe("handclasp:error", note);
    server.close();
    assert.equal(outcome.received, "hello");
    assert.deepEqual(errors, [
      ["thrown", "127.0.0.1"],
      ["rejected", "127.0.0.1"],
    ]);
  });

  it("ends when it is told to, and lets two observe the same server", async () => {
    const server = tls.createServer({ key, cert });
    greet(server);
    const counts = [0, 0];
    const first = observe(server, () => (counts[0] = (counts[0] ?? 0) + 1));
    observe(server, () => (counts[1] = (counts[1] ?? 0) + 1));
    const port = await listen(server);
    const transports: Duplex[] = [];
    server.on("connection", (transport) => transports.push(transport));
    const visit = async (): Promise<void> => {
      await connectOnce({ port });
      for (const transport of transports.splice(0)) if (!transport.closed) await closed(transport);
    };
    await visit();
    assert.equal(counts[0], counts[1]);
    const [before] = counts;
    first.close();
    await visit();
    server.close();
    assert.equal(counts[0], before);
    assert.equal(counts[1], 2 * (before ?? 0));
  });

  it("refuses a sample that is no part of all", () => {
    const server = tls.createServer();
    for (const sample of [-0.1, 1.1, Number.NaN]) {
      assert.throws(() => observe(server, () => undefined, { sample }), {
        code: "ERR_HANDCLASP_OPTION",
      });
    }
  });
});

async function overHttps(port: number): Promise<string> {
  const request = https.get({ port, host: "127.0.0.1", rejectUnauthorized: false, agent: false });
  const [response] = (await once(request, "response")) as [AsyncIterable<Buffer>];
  return whole(response);
}

async function overHttp2(port: number): Promise<string> {
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const answer = await whole(session.request({ ":path": "/" }) as AsyncIterable<Buffer>);
  session.close();
  return answer;
}

async function whole(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
