import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { after, describe, it } from "node:test";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inFiles } from "../guard/support/identities.ts";
import { anna, openHttpScene } from "./support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "./support/http-upstream.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const GIGABYTE = 1024 ** 3;
/** Less than any of the bodies, and more than buffers on the way need. */
const MOST_GROWTH = 180 * 1024 ** 2;
const CHUNK = Buffer.alloc(256 * 1024, "x");
const folder = mkdtempSync(join(tmpdir(), "handclasp-"));
after(() => rmSync(folder, { recursive: true }));
const { certFile, keyFile } = inFiles(folder, anna);

/** Sends as many bytes as it is asked for, and counts those that it gets. */
function openBulk(): Promise<Upstream> {
  return openHttpUpstream((request, response) => {
    let left = Number(request.url?.slice(1));
    let got = 0;
    request.on("data", (chunk: Buffer) => (got += chunk.length));
    const write = (): void => {
      while (left > 0) {
        left -= CHUNK.length;
        if (!response.write(CHUNK)) {
          response.once("drain", write);
          return;
        }
      }
      response.end();
    };
    request.on("end", () => {
      if (left > 0) write();
      else response.end(String(got));
    });
  });
}

/** The most memory this process took meanwhile, above what it had before. */
async function growthDuring(work: Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  await work.finally(() => clearInterval(timer));
  return most - before;
}

async function shell(command: string): Promise<string> {
  const child = spawn("bash", ["-c", `set -o pipefail; ${command}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  const output = Buffer.concat(await child.stdout.toArray()).toString();
  const [code] = (await closed) as [number];
  assert.equal(code, 0, output);
  return output.trim();
}

describe("bodies that are larger than memory should be", () => {
  for (const [version, gigabytes] of [
    ["--http2", 0.25],
    ["--http1.1", 0.75],
  ] as const) {
    it(
      `pass both ways in constant memory: ${gigabytes} GB by curl ${version}`,
      { timeout: FILE_PATIENCE_MS },
      async () => {
        await using upstream = await openBulk();
        await using scene = await openHttpScene({ to: upstream.port });
        const curl = `curl -sSk ${version} --cert ${certFile} --key ${keyFile}`;
        const url = `https://127.0.0.1:${scene.port}`;
        const bytes = gigabytes * GIGABYTE;
        const grown = await growthDuring(
          (async () => {
            const down = await shell(`${curl} ${url}/${bytes} | wc -c`);
            assert.equal(Number(down), bytes);
            const up = await shell(`head -c ${bytes} /dev/zero | ${curl} -T - ${url}/0`);
            assert.equal(Number(up), bytes);
          })(),
        );
        assert.ok(grown < MOST_GROWTH, `${Math.round(grown / 1024 ** 2)} MB`);
      },
    );
  }

  it("may be announced as longer than 2^31 bytes, either way", async () => {
    const length = String(3 * GIGABYTE);
    await using upstream = await openHttpUpstream(({ method, headers }, response) => {
      if (method === "HEAD") response.writeHead(200, { "content-length": length }).end();
      else response.writeHead(200, { connection: "close" }).end(headers["content-length"]);
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const curl = `curl -sSk --cert ${certFile} --key ${keyFile}`;
    const url = `https://127.0.0.1:${scene.port}/`;
    for (const version of ["--http1.1", "--http2"]) {
      assert.match(
        await shell(`${curl} ${version} -I ${url}`),
        new RegExp(`^content-length: ${length}\\r?$`, "im"),
      );
    }
    const sent = `-X PUT -H 'content-length: ${length}' --data-binary x`;
    assert.equal(await shell(`${curl} --http1.1 ${sent} ${url}`), length);
  });
});
