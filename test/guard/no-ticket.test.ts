import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TLS13_SUITES } from "../../src/tls/keys/tls13-suite.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { identity, inFiles } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { openssl } from "./support/programs.ts";
import { openRelay } from "./support/relay.ts";
import { openScene } from "./support/scene.ts";
import { stillClock } from "./support/still-clock.ts";
import { refusing } from "./support/verdicts.ts";

describe("a refused client", async () => {
  stillClock();
  const client = await identity("client");
  const files = inFiles(temporaryFolder(), client);

  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`is sent nothing after its alert: no session ticket (${version})`, async () => {
      await using scene = await openScene({ through: refusing("revoked") });
      await using relay = await openRelay(scene.port, 4096);
      const options = { port: relay.port, identity: client, minVersion: version, maxVersion: version };
      const outcomes = [
        await connectOnce(options),
        await connectOnce({ ...options, eager: "x".repeat(20_000) }),
      ];
      const { alert } = await openssl({ port: relay.port, files, version, eager: "x".repeat(20_000) });
      assert.deepEqual([...outcomes.map((outcome) => outcome.alert), alert], [44, 44, 44]);
      const tag = TLS13_SUITES.get("TLS_AES_256_GCM_SHA384")?.tagLength ?? 0;
      const alertLength = version === "TLSv1.3" ? 5 + 2 + 1 + tag : 5 + 2;
      for (const heard of relay.fromServer) {
        const last = recordsOf(Buffer.concat(heard)).at(-1);
        assert.equal(last?.length, alertLength, "the last record is the alert");
        // A TLS 1.2 server sends its tickets and CCS before Finished: neither may have gone out.
        const types = recordsOf(Buffer.concat(heard)).map((record) => record[0]);
        if (version === "TLSv1.2") assert(!types.includes(20), "no ChangeCipherSpec");
      }
    });
  }
});

function recordsOf(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const length = 5 + rest.readUInt16BE(3);
    records.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return records;
}
