// Runs the properties about hostile bytes (parsers, observer, captures), and about clients and upstreams that do anything
// at any moment (a round of those for 500 cases), for longer than `npm test` does.
//
//     npm run test:hostile -- [--cases 200000]
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { cases: { type: "string", default: "200000" } } });
if (!/^[1-9]\d*$/.test(values.cases)) throw new Error(`--cases must be a number, not ${values.cases}`);

const TESTS = [
  "test/tls/observer/handshake-observer-hostile.test.ts",
  "test/tls/observer/handshake-observer-lossy.test.ts",
  "test/tls/records/record-seeker.test.ts",
  "test/tls/messages/hostile-messages.test.ts",
  "test/tls/records/record-reader.test.ts",
  "test/tls/records/handshake-reader.test.ts",
  "test/capture/mutated-captures.test.ts",
  "test/capture/pcap/capture-reader.test.ts",
  "test/capture/capture-streams.test.ts",
  "test/gateway/any-moment.test.ts",
];
const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...TESTS], {
  cwd: resolve(import.meta.dirname, ".."),
  env: { ...process.env, PROPERTY_RUNS: values.cases },
  stdio: "inherit",
});
process.exitCode = status ?? 1;
