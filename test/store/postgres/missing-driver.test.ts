import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

describe("a store in PostgreSQL without the driver", () => {
  it("says what to install", async () => {
    const hooks = registerHooks({
      resolve(specifier, context, next) {
        if (specifier !== "postgres") return next(specifier, context);
        const missing = new Error("Cannot find package 'postgres'");
        throw Object.assign(missing, { code: "ERR_MODULE_NOT_FOUND" });
      },
    });
    try {
      const replica = join(temporaryFolder(), "replica.db");
      await using store = openStore(`postgres://ada@127.0.0.1:1/trust?replica=${replica}`);
      await assert.rejects(
        store.catchUp(),
        (error) =>
          isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN") &&
          /npm install postgres/.test(error.hint ?? ""),
      );
    } finally {
      hooks.deregister();
    }
  });
});
