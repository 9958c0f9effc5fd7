import type { OperatorAct } from "../../operator/act.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { ADMINS } from "../../trust/records/scope.ts";
import { actCommand } from "../command-line/act-command.ts";

/**
 * Command lines that make an operator of a key that was refused as one, for whoever has the server's command line: that one
 * knows where the store is, and whoever asks is told nothing of it.
 */
export function commandsToLetIn(pin: KeyPin, reason: string): readonly string[] {
  const key = toKeyId(pin);
  const join: OperatorAct = { act: "add-to-group", group: ADMINS, key };
  const approve: OperatorAct = { act: "approve", key };
  const acts = reason === "not-an-operator" ? [join] : [approve, join];
  return acts.map((act) => actCommand(act, null));
}

/** The same for somebody who shows no certificate: a token, or a certificate to come with. */
export function commandsForNobody(transport: "loopback" | "tls"): readonly string[] {
  const token = "handclasp api-token create NAME --scope approve --expires 90d";
  if (transport === "loopback") return ["handclasp ui", token];
  return [token, "handclasp trust approve KEY", `handclasp group add ${ADMINS} KEY`];
}
