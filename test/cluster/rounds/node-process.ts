// A machine of a cluster, as a process that does what its parent asks: see node-handle.ts.
import { isHandclaspError } from "../../../src/errors.ts";
import { openStore } from "../../../src/store/open-store.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import type { Answer, Asked, Told } from "./node-messages.ts";

const { NODE_STORE: url = "" } = process.env;
const store = openStore(url, { process: `node ${process.pid}` });

process.on("message", ({ id, question }: Asked) => {
  void answer(question).then(
    (told) => process.send?.({ id, ok: true, told } satisfies Answer),
    (error: unknown) => {
      const code = isHandclaspError(error) ? error.code : "unexpected";
      process.send?.({ id, ok: false, code, message: String(error) } satisfies Answer);
    },
  );
});
process.on("disconnect", () => process.exit(0));

async function answer(question: Asked["question"]): Promise<Told> {
  switch (question.kind) {
    case "apply":
      return { kind: "outcome", outcome: await store.apply(question.change) };
    case "judge":
      return { kind: "states", states: question.pins.map((pin) => stateOf(pin)) };
    case "report":
      return { kind: "replication", replication: store.replication() };
    case "catch-up":
      await store.catchUp();
      return { kind: "caught-up" };
    case "audit":
      return { kind: "audit", report: store.audit() };
    case "close":
      await store.close();
      return { kind: "closed" };
  }
}

/** What a guard would go by. */
function stateOf(pin: KeyPin): string {
  try {
    return store.key(pin)?.state ?? "unknown";
  } catch {
    return "unavailable";
  }
}
