import assert from "node:assert/strict";
import { isHandclaspError } from "../../../../src/errors.ts";

/** For assert.throws: our error, with that message, and with field and offset as it says. */
export function malformed(message: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"), String(error));
    assert.equal(error.message, message);
    assertLocated(error);
    return true;
  };
}

/** What `run` gives, or undefined when it throws our error with its path and offset; any other error is thrown on. */
export function valueOrMalformed<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
    assertLocated(error);
    return undefined;
  }
}

function assertLocated(error: { readonly message: string; readonly details: object }): void {
  const { field, offset } = error.details as { field?: unknown; offset?: unknown };
  assert.ok(error.message.startsWith(`${String(field)} at byte ${String(offset)}: `), error.message);
  assert.match(String(field), /^[a-z]\w*(?:\.\w+)*$/);
  assert.ok(Number.isSafeInteger(offset));
}
