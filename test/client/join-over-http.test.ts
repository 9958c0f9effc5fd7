import assert from "node:assert/strict";
import { createServer as createHttps } from "node:https";
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { createServer as createTls } from "node:tls";
import { isHandclaspError } from "../../src/errors.ts";
import { createJoinToken, type JoinToken } from "../../src/trust/naming/join-token.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { identity } from "../guard/support/identities.ts";
import { Guest, openJoinScene } from "./support/join-scene.ts";
import { listening } from "./support/listening.ts";

const own = await identity("app.example");
const guest = await Guest.called("anna");

/** A proxy that asks for certificates, lets everybody shake hands, and answers each request. */
async function behindProxy(answer: RequestListener, use: (token: JoinToken) => Promise<void>): Promise<void> {
  const server = createHttps(
    { key: own.key, cert: own.cert, requestCert: true, rejectUnauthorized: false },
    answer,
  );
  await at(server, use);
}

/** Something that takes HTTP by its name alone. */
async function behindTls(
  say: (socket: Socket) => void,
  use: (token: JoinToken) => Promise<void>,
): Promise<void> {
  const server = createTls({ key: own.key, cert: own.cert, ALPNProtocols: ["http/1.1"] }, (socket) => {
    socket.on("error", () => undefined).resume();
    say(socket);
  });
  await at(server, use);
}

async function at(
  server: Parameters<typeof listening>[0] & { close(): unknown },
  use: (token: JoinToken) => Promise<void>,
): Promise<void> {
  const servers = [`127.0.0.1:${await listening(server)}`];
  const expires = Date.now() + 60_000;
  try {
    await use(createJoinToken({ peer: "anna", servers, serverPin: own.facts.pin, expires }));
  } finally {
    server.close();
  }
}

async function refusal(
  joining: Promise<unknown>,
): Promise<{ message: string; hint: string; details: object; keys: readonly unknown[] }> {
  const error: unknown = await joining.then(
    () => assert.fail("it joined"),
    (thrown: unknown) => thrown,
  );
  assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"), String(error));
  const { message, hint = "", details, remedies } = error;
  return {
    message,
    hint,
    details,
    keys: remedies.flatMap(({ act, key }) => (act === "explain-refusal" ? [key] : [])),
  };
}

describe("joinWithToken where the server takes HTTP", () => {
  it("asks for / of the very host, and takes any answer but 401, 403 and 5xx for a welcome", async () => {
    for (const status of [200, 204, 302, 404, 421, 429]) {
      const asked: unknown[] = [];
      await behindProxy(
        ({ method, url, headers }, response) => {
          asked.push([method, url, headers.host]);
          response.writeHead(status).end();
        },
        async (token) => {
          const [address] = token.servers;
          assert.equal((await guest.join(token)).address, address);
          assert.deepEqual(asked, [
            ["GET", "/", address],
            ["GET", "/", address],
          ]);
        },
      );
    }
  });

  for (const [status, reason, hint] of [
    [403, "pending", /the token may be used up/],
    [403, "revoked", /revoked or replaced there/],
    [403, "expired", /dates do not go with/],
    [403, "key-changed", /known there by another name/],
    [401, "no-certificate", /passes on no certificate/],
    [503, "store-unavailable", /try again later/],
    [403, "something-new", /the token may be used up/],
  ] as const) {
    it(`is refused with ${status} and the reason ${reason}, and says what that means`, async () => {
      await behindProxy(
        (_request, response) => response.writeHead(status, { "handclasp-reason": reason }).end("no"),
        async (token) => {
          const refused = await refusal(guest.join(token));
          const [address] = token.servers;
          assert.equal(refused.message, `${address} answered GET / with the status ${status}: ${reason}`);
          assert.match(refused.hint, hint);
          assert.partialDeepStrictEqual(refused.details, { address, status, reason });
        },
      );
    });
  }

  for (const [status, hint] of [
    [401, /the token may be used up.*; or the application behind it answers so/],
    [403, /the token may be used up.*; or the application behind it answers so/],
    [500, /cannot ask whether to let us in, or the application behind it is away/],
    [503, /cannot ask whether to let us in, or the application behind it is away/],
  ] as const) {
    it(`is refused with ${status} without a reason, where clients without a certificate are answered, too`, async () => {
      await behindProxy(
        (_request, response) => response.writeHead(status).end(),
        async (token) => {
          const refused = await refusal(guest.join(token));
          assert.match(refused.hint, hint);
          // What came last is how we looked whether a certificate is asked for.
          assert.deepEqual(refused.keys, status < 500 ? [toKeyId(guest.own.facts.pin)] : []);
          assert.match(
            (await refusal(guest.join({ ...token, expires: 0 }))).hint,
            status < 500 ? /expired at/ : hint,
          );
        },
      );
    });
  }

  it("is patient with a proxy that hears of the new key only a moment later", async () => {
    let answers = 0;
    await behindProxy(
      (_request, response) => response.writeHead([200, 403, 503, 200][answers++] ?? 500).end(),
      async (token) => void (await guest.join(token)),
    );
    assert.equal(answers, 4, "three of ours, and one to see whether certificates are insisted on");
  });

  it("hears behind answers that announce one, and in pieces", async () => {
    const text =
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 403 Forbidden\r\nHandclasp-Reason: pending\r\n\r\n";
    await behindTls(
      (socket) =>
        void (async () => {
          for (const character of text) {
            socket.write(character);
            await new Promise((resolve) => setImmediate(resolve));
          }
        })(),
      async (token) => assert.match((await refusal(guest.join(token))).message, /status 403: pending$/),
    );
  });

  it("takes what is no HTTP for a welcome, and silence and a closed door for none", async () => {
    await behindTls(
      (socket) => void socket.write("* OK Ready.\r\n"),
      async (token) => void (await guest.join(token)),
    );
    await behindTls(
      (socket) => void socket.end(),
      async (token) => assert.match((await refusal(guest.join(token))).message, /gave no answer to GET \/$/),
    );
    await behindTls(
      () => undefined,
      async (token) => {
        const refused = await refusal(guest.join(token, { timeoutMs: 1500 }));
        assert.match(refused.message, /gave no answer to GET \/$/);
      },
    );
  });

  it("offers no protocol to a server that has no use for HTTP", async () => {
    await using scene = await openJoinScene({ server: { ALPNProtocols: ["postgresql"] } });
    await using other = await Guest.called("ben");
    await other.join(await scene.invite());
    assert.equal(scene.trust.store.key(other.own.facts.pin)?.peer, "laptop-anna");
  });

  it("believes a guard by its handshake: the application's own 403 refuses nobody", async () => {
    await using scene = await openJoinScene({
      server: { ALPNProtocols: ["http/1.1"] },
      clientCertificate: "required",
    });
    scene.server.on("secureConnection", (socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
    });
    await using other = await Guest.called("ben");
    const token = await scene.invite();
    await other.join(token);
    await using thief = await Guest.called("eve");
    assert.partialDeepStrictEqual((await refusal(thief.join(token))).details, { alertCode: 49 });
  });
});
