import { HandclaspError } from "../../errors.ts";
import { RULES } from "../../trust/rules.ts";

/** The same number, if this version knows those rules: what it does not know is not skipped, and not guessed. Throws ERR_HANDCLASP_STORE_NEWER. */
export function knownRules(rules: number): number {
  if (rules <= RULES) return rules;
  throw new HandclaspError(
    "ERR_HANDCLASP_STORE_NEWER",
    `the machines that share this trust go by rules ${rules}, and this version knows no higher than ${RULES}`,
    { remedies: [{ act: "update", at: "server" }], details: { rules, known: RULES } },
  );
}
