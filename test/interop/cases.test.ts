import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Cell, runCases, TITLES } from "./cases.ts";
import type { Stack } from "./stack.ts";
import { NODE } from "./stacks/node.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

async function run(stack: Stack): Promise<ReadonlyMap<string, Cell>> {
  const client = await stack.find({ build: "", npm: "" });
  assert.ok(client !== undefined);
  return runCases(stack, client, "TLSv1.3");
}

/** The titles of the cells that have a mark. */
function marked(cells: ReadonlyMap<string, Cell>, mark: Cell["mark"]): readonly string[] {
  return Array.from(cells)
    .filter(([, cell]) => cell.mark === mark)
    .map(([title]) => title);
}

describe("the cases of interop", { timeout: FILE_PATIENCE_MS }, () => {
  it("are all right for Node", async () => {
    const cells = await run(NODE);
    assert.deepEqual(marked(cells, "yes"), ["first contact", "recognised", "resumed"]);
    assert.equal(marked(cells, "named").length, TITLES.length - 3);
  });

  it("are wrong where a client says something else", async () => {
    const cells = await run({ ...NODE, says: { ...NODE.says, access_denied: "alert unknown ca" } });
    assert.deepEqual(marked(cells, "wrong"), ["access_denied"]);
  });

  it("are wrong where the server finds something else", async () => {
    const cannot = [{ of: "alert", alerts: ["unknown_ca"], reason: "pending", why: "" }] as const;
    assert.deepEqual(marked(await run({ ...NODE, cannot }), "wrong"), ["unknown_ca"]);
  });

  it("are wrong for a client that says nothing", async () => {
    const silent: Stack = {
      ...NODE,
      find: () => Promise.resolve({ version: "", command: [process.execPath, "--eval", ""] }),
    };
    assert.deepEqual(marked(await run(silent), "wrong"), TITLES);
  });
});
