import type { OperatorAct } from "../../operator/act.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { ADMINS } from "../../trust/records/scope.ts";
import { actCommand } from "../command-line/act-command.ts";

/**
 * Command lines that make an operator of a key that was refused as one, for whoever has the server's command line: that one
 * knows where the store is, and whoever asks is told nothing of it.
 */
export function commandsToLetIn(store: TrustStore, pin: KeyPin, reason: string): readonly string[] {
  const key = toKeyId(pin);
  const join: OperatorAct = { act: "add-to-group", group: ADMINS, key };
  const approve: OperatorAct = { act: "approve", key };
  const known = store.key(pin);
  // Whoever is not on record has to come again.
  if (known === undefined) return [];
  const acts = reason === "not-an-operator" ? [join] : [approve, join];
  return acts.map((act) => actCommand(act, null));
}
