import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { PcapngRecorder } from "../../src/capture/recording/pcapng-recorder.ts";
import { runHere } from "./support/run-here.ts";
import { Home } from "./support/serve.ts";

describe("trace read of a server that refuses STARTTLS", () => {
  const home = new Home();
  after(() => home[Symbol.dispose]());

  it("says so in its words, and not that the client said nothing", async () => {
    const file = home.path("refused.pcapng");
    const blocks: Uint8Array[] = [];
    const recorder = new PcapngRecorder((block) => blocks.push(block));
    const client = { address: "192.0.2.1", port: 50_000 };
    const talk = recorder.open(client, { address: "192.0.2.2", port: 25 }, 0);
    talk.data("server", 0, Buffer.from("220 mail\r\n"));
    talk.data("client", 1, Buffer.from("STARTTLS\r\n"));
    talk.data("server", 2, Buffer.from("454 not \u001b[2J now\r\n", "latin1"));
    talk.finish("client", 3);
    talk.finish("server", 3);
    writeFileSync(file, Buffer.concat(blocks));
    for (const format of ["text", "listing", "openssl"]) {
      const { stdout } = await runHere(home, ["trace", "read", file, "--format", format, "--explain"]);
      assert.match(stdout, /server refused to begin TLS: "454 not \\u\{1b\}\[2J now"/, format);
      assert.doesNotMatch(stdout, /said nothing|before TLS: $/m, format);
    }
    const { stdout } = await runHere(home, ["trace", "read", file, "--format", "jsonl", "--explain"]);
    assert.match(stdout, /"rule":"not-tls","certainty":"certain"/);
  });
});
