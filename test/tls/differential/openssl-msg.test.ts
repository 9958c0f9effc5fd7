import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { HANDSHAKE_TYPE } from "../../../src/tls/code-points/code-points.ts";
import { formatOpenssl } from "../../../src/tls/formats/format-openssl.ts";
import { TRACE_CONTENT_TYPE } from "../../../src/tls/observer/trace-message.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { CHAINS, KEYS, writeCertificates } from "./support/certificates.ts";
import { asOpensslTells, observeChunks } from "./support/observed.ts";
import { type OpensslConnection, OpensslServer, type Step } from "./support/openssl-programs.ts";

const TLS13_SUITES = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_CCM_SHA256",
  "TLS_AES_128_CCM_8_SHA256",
];

/** Something that comes through to the other side. */
function talk(at: "client" | "server", text: string): Step {
  return { at, say: text, until: new RegExp(`^${text}$`, "m") };
}

/** Once the answer is there, the client has read the tickets before it. */
const TALK = [talk("client", "a question"), talk("server", "an answer")];

describe("HandshakeObserver beside openssl -msg", () => {
  const folder = temporaryFolder();
  const session = join(folder, "session");
  const earlyData = join(folder, "early");
  before(() => {
    writeCertificates(folder);
    writeFileSync(earlyData, "something early\n");
  });

  it("tells the same when either side updates its keys, or has the other do so as well", async () => {
    await using server = await OpensslServer.start(folder, []);
    const connection = await server.connect(
      ["-tls1_3"],
      [
        talk("client", "one"),
        { at: "client", say: "K", until: /KeyUpdate/ },
        talk("client", "two"),
        talk("server", "three"),
        { at: "server", say: "k", until: /KeyUpdate/ },
        talk("server", "four"),
        { at: "server", say: "K", until: /KeyUpdate/ },
        ...TALK,
      ],
    );
    assertTheSame(connection);
    // Whether an answer is sent depends on what is said next.
    assert.ok(typesOf(connection).filter((type) => type === 24).length >= 4);
  });

  for (const [index, suite] of TLS13_SUITES.entries()) {
    const key = KEYS[index] ?? "p256";
    it(`tells the same of updated keys with ${suite}, a server's key ${key}, any client certificate, HelloRetryRequest, resumed`, async () => {
      const identity = ["-cert", join(folder, `${key}.pem`), "-key", join(folder, `${key}.pem`)];
      const suites = ["-ciphersuites", suite, "-cipher", "ALL:@SECLEVEL=0"];
      const asking = ["-groups", "P-384", "-verify", "1", "-CAfile", join(folder, "roots.pem")];
      await using server = await OpensslServer.start(folder, [...identity, ...suites, ...asking]);
      const common = ["-tls1_3", ...suites];
      for (const shown of ["none", ...CHAINS]) {
        const file = join(folder, `${shown}.pem`);
        const show = shown === "none" ? [] : ["-cert", file, "-key", file, "-cert_chain", file];
        const kept = join(folder, `${suite}-${shown}`);
        for (const more of [
          ["-groups", "P-384", "-sess_out", kept],
          ["-groups", "X25519:P-384", "-sess_in", kept],
        ]) {
          const connection = await server.connect(
            [...common, ...show, ...more],
            [
              { at: "client", say: "K", until: /KeyUpdate/ },
              talk("client", "two"),
              { at: "server", say: "K", until: /KeyUpdate/ },
              ...TALK,
            ],
          );
          assertTheSame(connection);
          const types = typesOf(connection);
          assert.ok(types.filter((type) => type === HANDSHAKE_TYPE.key_update).length >= 2);
          const isResumed = more.includes("-sess_in");
          assert.equal(
            types.filter((type) => type === HANDSHAKE_TYPE.client_hello).length,
            isResumed ? 2 : 1,
          );
          assert.equal(types.includes(HANDSHAKE_TYPE.certificate), !isResumed);
        }
      }
    });
  }

  it("tells the same of a renegotiation, whoever asks for it", async () => {
    await using server = await OpensslServer.start(folder, ["-client_renegotiation"]);
    for (const cipher of ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384"]) {
      const again = /, Finished[^]*, Finished/;
      const connection = await server.connect(
        ["-tls1_2", "-cipher", cipher],
        [
          talk("client", "one"),
          { at: "client", say: "R", until: again },
          talk("client", "two"),
          { at: "server", say: "r", until: again },
          ...TALK,
        ],
      );
      assertTheSame(connection);
      assert.equal(typesOf(connection).filter((type) => type === 2).length, 3);
    }
  });

  it("tells the same of early data that the server takes, and shows none of it", async () => {
    await using server = await OpensslServer.start(folder, ["-early_data"]);
    const first = await server.connect(["-tls1_3", "-sess_out", session], TALK);
    assertTheSame(first);
    const early = ["-tls1_3", "-sess_in", session, "-early_data", earlyData];
    const second = await server.connect(early, TALK);
    assertTheSame(second);
    assert.ok(typesOf(second).includes(5));
  });

  it("tells the same at the server of early data that it skips, after a HelloRetryRequest too", async () => {
    for (const refusal of [[], ["-groups", "P-384"]]) {
      await using giver = await OpensslServer.start(folder, ["-early_data"]);
      await giver.connect(["-tls1_3", "-sess_out", session], TALK);
      await using server = await OpensslServer.start(folder, refusal);
      const early = ["-tls1_3", "-sess_in", session, "-early_data", earlyData];
      const connection = await server.connect(early, TALK);
      // A server that skips it has no key of it to log.
      const keyLog = connection.keyLog.replace(/^CLIENT_EARLY_TRAFFIC_SECRET .*\n/m, "");
      assert.notEqual(keyLog, connection.keyLog);
      assertTheSame({ ...connection, keyLog }, ["server"]);
      assert.ok(!typesOf(connection).includes(5));
    }
  });

  it("tells the same of pre-shared keys", async () => {
    const key = ["-psk", "0123456789abcdef0123456789abcdef"];
    await using server = await OpensslServer.start(folder, [...key, "-cipher", "ALL:@SECLEVEL=0"]);
    for (const args of [["-tls1_3"], ["-tls1_2", "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"]])
      assertTheSame(await server.connect([...key, ...args], TALK));
  });
});

function typesOf({ chunks, keyLog }: OpensslConnection): readonly (number | null)[] {
  const { messages } = observeChunks(chunks, keyLog);
  return messages
    .filter(({ contentType }) => contentType === TRACE_CONTENT_TYPE.handshake)
    .map(({ messageType }) => messageType);
}

function assertTheSame(
  { chunks, keyLog, ...told }: OpensslConnection,
  sides: readonly ("client" | "server")[] = ["client", "server"],
): void {
  for (const side of sides) {
    const { messages, problems } = observeChunks(chunks, keyLog, { side });
    assert.deepEqual(problems, []);
    for (const direction of ["read", "write"]) {
      const arrows = direction === "write" ? ">>>" : "<<<";
      const theirs = told[side].filter((block) => block.startsWith(arrows));
      const ours = asOpensslTells(messages).filter((message) => message.direction === direction);
      const texts = ours.map((message) => withoutVersion(formatOpenssl(message)));
      const length = Math.min(ours.length, theirs.length);
      // A program that leaves does not wait for the other side's close_notify, nor its own to get out.
      for (const more of [texts.slice(length), theirs.slice(length)])
        assert.ok(
          more.length === 0 || (more.length <= 3 && more.at(-1)?.includes("close_notify")),
          String(more),
        );
      assert.deepEqual(
        texts.slice(0, length),
        theirs.slice(0, length).map(withoutVersion),
        `what the ${side} ${direction}s`,
      );
    }
  }
}

/** Which of its versions OpenSSL prints is not the same in all places. */
function withoutVersion(block: string): string {
  return block.replace(/ (?:SSL|TLS) [\d.]+,/, "");
}
