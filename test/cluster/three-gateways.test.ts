import { describe, it } from "node:test";
import { runGateways } from "./gateways/three-gateways.ts";

// The long form is `npm run test:cluster -- --gateways`.
describe("three gateways on one database", () => {
  it("count exactly whoever comes where at once, and log nobody who gets nowhere", async (t) => {
    const say = (line: string): void => t.diagnostic(line);
    await runGateways({ clients: 150, names: 30, tokens: 15, strangers: 60, say });
  });
});
