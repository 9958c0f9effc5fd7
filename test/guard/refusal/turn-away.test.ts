import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { identity, inFiles } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { openssl, python } from "../support/programs.ts";
import { openScene } from "../support/scene.ts";
import { stillClock } from "../support/still-clock.ts";
import { refusing } from "../support/verdicts.ts";

const ROUNDS = 100;

describe("a refused client that talks before it listens", async () => {
  stillClock();
  const client = await identity("client");
  const files = inFiles(temporaryFolder(), client);

  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`still reads its alert: node, ${ROUNDS} times in ${version}`, async () => {
      await using scene = await openScene({ through: refusing("revoked") });
      for (const eager of ["x", "x".repeat(100_000)]) {
        const alerts = new Set<number | null>();
        for (let round = 0; round < ROUNDS; round++) {
          const options = { port: scene.port, identity: client, maxVersion: version, eager };
          alerts.add((await connectOnce(options)).alert);
        }
        assert.deepEqual([...alerts], [44]);
      }
    });

    it(`still reads its alert: openssl and python, in ${version}`, async () => {
      await using scene = await openScene({ through: refusing("revoked") });
      for (const eager of ["x", "x".repeat(100_000)]) {
        for (let round = 0; round < 5; round++) {
          const options = { port: scene.port, files, version, eager };
          const outcomes = await Promise.all([openssl(options), python(options)]);
          assert.deepEqual(
            outcomes.map(({ alert }) => alert),
            [44, 44],
            JSON.stringify(outcomes),
          );
        }
      }
    });
  }

  it("still reads its alert when it sends a whole HTTP request", async () => {
    await using scene = await openScene({ kind: "https", through: refusing("pending") });
    const eager = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n${"x".repeat(60_000)}`;
    const outcomes = await Promise.all(
      Array.from({ length: ROUNDS }, () => connectOnce({ port: scene.port, identity: client, eager })),
    );
    assert.deepEqual([...new Set(outcomes.map(({ alert }) => alert))], [49]);
  });
});
