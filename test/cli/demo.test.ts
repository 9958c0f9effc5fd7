import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { describe, it } from "node:test";
import { Home, MAIN } from "./support/serve.ts";
import { PATIENCE_MS } from "../support/patience.ts";

const LINE = /^content_type=<_TLSContentType\.([A-Z_]+): \d+>\t\tmsg_type=<_TLS\w+\.([A-Z_]+): \d+>$/;
const FIRST_HANDSHAKE =
  "CLIENT_HELLO SERVER_HELLO ENCRYPTED_EXTENSIONS CERTIFICATE_REQUEST CERTIFICATE CERTIFICATE_VERIFY FINISHED " +
  "CERTIFICATE CERTIFICATE_VERIFY FINISHED NEWSESSION_TICKET NEWSESSION_TICKET";

describe("demo", () => {
  it("holds in every step, and ends with the listing of its first handshake, decrypted", async () => {
    using home = new Home();
    const { code, stdout, stderr } = await home.run(["demo"]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const [story = "", listing = ""] = stdout.split("The first handshake, as the server saw it:\n\n");
    assert.doesNotMatch(story, /^FAIL/m);
    assert.equal(story.match(/^ok {4}/gm)?.length, 11);
    // That anna was met, was revoked, and came back.
    assert.match(story, /^ {6}3 events, head [0-9a-f]{64}$/m);
    const lines = listing
      .trimEnd()
      .split("\n")
      .map((line) => LINE.exec(line));
    assert.ok(!lines.includes(null), listing);
    const handshake = lines.filter((line) => line?.[1] === "HANDSHAKE").map((line) => line?.[2]);
    assert.equal(handshake.join(" "), FIRST_HANDSHAKE);
  });

  it("leaves a gateway with its page to look at under --stay: one is connected, one waits, one claims another's name", async () => {
    using home = new Home();
    const demo = spawn(process.execPath, [MAIN, "demo", "--stay"], {
      env: home.environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(demo, "exit");
    try {
      const link = await linkIn(demo.stdout);
      const secret = await signIn(link);
      let keys = await keysAt(link.origin, secret);
      const end = performance.now() + PATIENCE_MS;
      while (performance.now() < end && (keys.length < 3 || keys[0]?.connections === 0)) {
        await setTimeout(200);
        keys = await keysAt(link.origin, secret);
      }
      const [connected, ...refused] = keys.map(({ peer, reason, connections }) => ({
        peer,
        reason,
        connections,
      }));
      assert.deepEqual(connected, { peer: "anna", reason: null, connections: 1 });
      // They come at once: who is in the list first depends on who was.
      assert.deepEqual(
        refused.toSorted((one, other) => one.peer.localeCompare(other.peer)),
        [
          { peer: "anna", reason: "key-changed", connections: 0 },
          { peer: "printer-4", reason: "pending", connections: 0 },
        ],
      );
    } finally {
      demo.kill("SIGTERM");
      const [code] = (await exit) as [number | null];
      assert.equal(code, 0);
    }
  });
});

interface ListedKey {
  readonly peer: string;
  readonly reason: string | null;
  readonly connections: number;
}

async function linkIn(output: NodeJS.ReadableStream): Promise<URL> {
  for await (const line of createInterface({ input: output })) {
    if (line.startsWith("http://")) return new URL(line);
  }
  throw new Error("the demo printed no link");
}

async function signIn({ origin, hash }: URL): Promise<string> {
  const response = await fetch(`${origin}/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ link: hash.replace("#k=", "") }),
  });
  const { secret } = (await response.json()) as { readonly secret: string };
  return secret;
}

async function keysAt(origin: string, secret: string): Promise<readonly ListedKey[]> {
  const response = await fetch(`${origin}/v1/keys`, { headers: { authorization: `Bearer ${secret}` } });
  const { items } = (await response.json()) as { readonly items: readonly ListedKey[] };
  return items;
}
