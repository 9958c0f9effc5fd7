import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ALERTS } from "../../../src/tls/code-points/alert.ts";
import { TLS13_SUITES } from "../../../src/tls/keys/tls13-suite.ts";
import type { RefusalReason } from "../../../src/trust/records/verdict.ts";
import { alertOf } from "../../../src/trust/judging/alerts.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { identity, inFiles } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { openssl, python } from "../../guard/support/programs.ts";
import { openScene } from "../../guard/support/scene.ts";
import { refusing } from "../../guard/support/verdicts.ts";

/** DESIGN §5, by number: TLS 1.3, TLS 1.2. */
const TABLE: Readonly<Record<RefusalReason, readonly [number, number]>> = {
  "no-certificate": [116, 40],
  "malformed-certificate": [42, 42],
  "unsupported-key": [43, 43],
  revoked: [44, 44],
  retired: [44, 44],
  expired: [45, 45],
  "not-yet-valid": [45, 45],
  "key-changed": [46, 46],
  "name-changed": [46, 46],
  unknown: [48, 48],
  pending: [49, 49],
  ignored: [49, 49],
  "rate-limited": [49, 49],
  "token-invalid": [49, 49],
  "not-allowed": [49, 49],
  "store-unavailable": [80, 80],
};

/** OpenSSL calls the short tag of CCM_8 weak, and offers it at no other level. */
const ALL_SUITES = `${[...TLS13_SUITES.keys()].join(":")}:DEFAULT:@SECLEVEL=0`;

describe("a refusal", async () => {
  const folder = temporaryFolder();
  const client = await identity("client");
  const files = inFiles(folder, client);

  for (const [reason, [in13, in12]] of Object.entries(TABLE) as [
    RefusalReason,
    readonly [number, number],
  ][]) {
    for (const [version, number] of [
      ["TLSv1.3", in13],
      ["TLSv1.2", in12],
    ] as const) {
      it(`for ${reason} is alert ${number} to every client, in ${version}`, async () => {
        assert.equal(ALERTS[alertOf(reason, version)], number);
        await using scene = await openScene({ through: refusing(reason) });
        const { port } = scene;
        const shown = reason === "no-certificate" ? undefined : client;
        const options = { port, files: shown && files, version };
        const outcomes = await Promise.all([
          connectOnce({ port, identity: shown, minVersion: version, maxVersion: version }),
          openssl(options),
          python(options),
        ]);
        assert.deepEqual(
          outcomes.map(({ alert }) => alert),
          [number, number, number],
          JSON.stringify(outcomes),
        );
      });
    }
  }

  for (const suite of TLS13_SUITES.keys()) {
    it(`can be read under ${suite}`, async () => {
      const server = { ciphers: ALL_SUITES };
      await using scene = await openScene({ through: refusing("revoked"), server });
      const node = await connectOnce({
        port: scene.port,
        identity: client,
        ciphers: `${suite}:DEFAULT:@SECLEVEL=0`,
      });
      assert.equal(node.alert, 44, JSON.stringify(node));
      const program = await openssl({
        port: scene.port,
        files,
        args: ["-ciphersuites", suite, "-cipher", "ALL:@SECLEVEL=0"],
      });
      assert.equal(program.alert, 44, program.output);
    });
  }

  it("is a bare close when alerts are turned off", async () => {
    await using scene = await openScene({ through: refusing("revoked"), alerts: false });
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      const outcome = await connectOnce({ port: scene.port, identity: client, maxVersion });
      assert.equal(outcome.alert, null, maxVersion);
      assert.equal(outcome.received, "");
    }
  });

  for (const kind of ["https", "http2"] as const) {
    it(`is an alert from a guarded ${kind} server, too`, async () => {
      await using scene = await openScene({ kind, through: refusing("pending") });
      const outcomes = await Promise.all(
        (["TLSv1.3", "TLSv1.2"] as const).map((maxVersion) =>
          connectOnce({ port: scene.port, identity: client, maxVersion, ALPNProtocols: ["h2", "http/1.1"] }),
        ),
      );
      assert.deepEqual(
        outcomes.map(({ alert }) => alert),
        [49, 49],
      );
    });
  }
});
