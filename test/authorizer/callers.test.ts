import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Callers } from "../../src/authorizer/callers.ts";

const SECRET = "0123456789abcdef";

describe("Callers", () => {
  it("may be anybody where there is no secret", () => {
    assert.ok(new Callers(undefined).mayAsk([]));
    assert.ok(new Callers(undefined).mayAsk(["Handclasp-Secret", "whatever"]));
  });

  it("are those who send the secret, once", () => {
    const callers = new Callers(SECRET);
    assert.ok(callers.mayAsk(["Host", "a", "handclasp-secret", SECRET]));
    const others = ["", SECRET.slice(1), `${SECRET}0`, SECRET.toUpperCase(), `${SECRET},${SECRET}`];
    for (const other of others) assert.ok(!callers.mayAsk(["Handclasp-Secret", other]), other);
    assert.ok(!callers.mayAsk([]));
    assert.ok(!callers.mayAsk(["Handclasp_Secret", SECRET]));
    // One of them is not the proxy's.
    assert.ok(!callers.mayAsk(["Handclasp-Secret", SECRET, "Handclasp-Secret", SECRET]));
  });
});
