import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { withIdentityLock } from "../../../src/client/identities/identity-lock.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

describe("the lock on an identity", () => {
  const folder = temporaryFolder();

  it("lets one change it at a time, and the next once that one is done or has failed", async () => {
    const file = join(folder, "new", "anna.pem");
    const second = withIdentityLock(file, async () => {
      await assert.rejects(
        withIdentityLock(file, async () => "too early"),
        {
          code: "ERR_HANDCLASP_IDENTITY",
          message: /another process is changing .*anna\.pem/,
        },
      );
      return "first";
    });
    assert.equal(await second, "first");
    await assert.rejects(
      withIdentityLock(file, async () => {
        throw new Error("failed");
      }),
      /failed/,
    );
    assert.equal(await withIdentityLock(file, async () => "next"), "next");
  });

  it("is on a file that nobody else may read", async () => {
    const file = join(folder, "ben.pem");
    await withIdentityLock(file, async () => {
      assert.equal(statSync(`${file}.lock`).mode & 0o777, 0o600);
    });
  });

  it("says what is wrong when it cannot be had at all", async () => {
    await assert.rejects(
      withIdentityLock("/dev/null/anna.pem", async () => undefined),
      {
        code: "ERR_HANDCLASP_IDENTITY",
        message: /^cannot lock /,
      },
    );
  });
});
