import assert from "node:assert/strict";
import { createSecureContext } from "node:tls";
import { describe, it } from "node:test";
import { peerOf } from "../../src/guard/connection/peer-of.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";
import { identity } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { openRelay } from "./support/relay.ts";
import { openScene } from "./support/scene.ts";
import { altered } from "./support/verdicts.ts";

const REASONS = ["revoked", "expired", "key-changed", "unknown", "pending"] as const;
const NUMBERS = [44, 45, 46, 48, 49] as const;

describe("fifty handshakes, interleaved byte by byte", async () => {
  const clients = await Promise.all(Array.from({ length: 50 }, (_, index) => identity(`client-${index}`)));
  const numberOf = (pin: string): number => clients.findIndex(({ facts }) => facts.pin === pin);
  /** Every sixth is admitted; the others are refused, each group for a reason of its own. */
  const expected = clients.map((_, index) => (index % 6 === 5 ? null : (NUMBERS[index % 6] ?? null)));

  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`end with everybody recognised as themselves, and with their own alert (${version})`, async () => {
      await using scene = await openScene({
        // Byte by byte they take long where the machine is busy.
        handshakeTimeoutMs: FILE_PATIENCE_MS,
        through: (trust) =>
          altered(trust, {
            judge(showing) {
              const { pin } = showing.certificate;
              const reason = REASONS[numberOf(pin) % 6];
              if (reason === undefined) return trust.judge(showing);
              return { decision: "refuse", reason, pin, peer: null, conflictsWith: null };
            },
          }),
      });
      scene.server.on("secureConnection", (socket) => socket.end(`hello ${peerOf(socket)?.name}`));
      await using relay = await openRelay(scene.port);
      const outcomes = await Promise.all(
        clients.map((client) =>
          connectOnce({ port: relay.port, identity: client, minVersion: version, maxVersion: version }),
        ),
      );
      assert.deepEqual(
        outcomes.map(({ alert }) => alert),
        expected,
      );
      assert.deepEqual(
        outcomes.map(({ received }) => received),
        expected.map((alert, index) => (alert === null ? `hello client-${index}` : "")),
      );
    });
  }
});

describe("handshakes that wait for a callback", async () => {
  const clients = await Promise.all(["revoked", "expired"].map((name) => identity(name)));

  it("get their own alert though each goes on from within the other's", async () => {
    const waiting: (() => void)[] = [];
    const { key, cert } = await identity("localhost");
    const context = createSecureContext({ key, cert });
    await using scene = await openScene({
      server: {
        SNICallback(_name, callback) {
          waiting.push(() => callback(null, context));
          // The second to come calls both back, from its own context, the first one last.
          if (waiting.length === 2) for (const goOn of waiting.splice(0).toReversed()) goOn();
        },
      },
      through: (trust) =>
        altered(trust, {
          judge({ certificate: { pin, claimedName } }) {
            const reason = claimedName === "revoked" ? "revoked" : "expired";
            return { decision: "refuse", reason, pin, peer: null, conflictsWith: null };
          },
        }),
    });
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      const outcomes = await Promise.all(
        clients.map((client) =>
          connectOnce({ port: scene.port, identity: client, servername: "localhost", maxVersion }),
        ),
      );
      assert.deepEqual(
        outcomes.map(({ alert }) => alert),
        [44, 45],
        maxVersion,
      );
    }
  });
});
