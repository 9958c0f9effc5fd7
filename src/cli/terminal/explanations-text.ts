import type { Explanation } from "../../explain/explanation.ts";
import { RULE_WORDS } from "../../explain/rule-words.ts";
import { remediesText } from "./remedy-text.ts";

/** Why a handshake failed, for people: the best explanation, and what else it may be. */
export function explanationsText(explanations: readonly Explanation[]): string {
  const sure = explanations.filter(({ certainty }) => certainty !== "possible");
  const possible = explanations.filter(({ certainty }) => certainty === "possible");
  const said = sure.map((each) => singly(each));
  if (possible.length === 0) return said.join(" ");
  const [only, ...others] = possible;
  if (sure.length === 0 && only !== undefined && others.length === 0) return singly(only);
  if (sure.length > 0) return [...said, `Else ${possible.map(clause).join(", or ")}.`].join(" ");
  if (only !== undefined && others.length > 1 && others.every((each) => saysNoMore(each, only))) {
    const clauses = possible.map(clause).join("; ");
    return body(only, `It is one of these, which what was seen does not tell apart: ${clauses}`);
  }
  const shared = only?.evidence.filter((sentence) =>
    others.every(({ evidence }) => evidence.includes(sentence)),
  );
  const listed = possible.map((each, index) => {
    const evidence = each.evidence.filter((sentence) => shared?.includes(sentence) !== true);
    return `(${index + 1}) ${body({ ...each, evidence }, clause(each))}`;
  });
  return [...(shared ?? []), `It is one of these: ${listed.join(" ")}`].join(" ");
}

function saysNoMore({ evidence }: Explanation, than: Explanation): boolean {
  return evidence.every((sentence) => than.evidence.includes(sentence));
}

function singly(explanation: Explanation): string {
  const { certainty } = explanation;
  if (NEEDS_NO_TITLE.has(explanation.rule)) return body(explanation, "");
  const title = clause(explanation);
  return body(
    explanation,
    certainty === "certain"
      ? upper(title)
      : `${certainty === "likely" ? "Most likely" : "Possibly"} ${title}`,
  );
}

/** Of which the evidence says it all. */
const NEEDS_NO_TITLE: ReadonlySet<string> = new Set([
  "gave-up",
  "said-nothing",
  "capture-incomplete",
  "not-explained",
  "protocol-error",
  "cancelled",
  "refused-after-handshake",
]);

function body({ evidence, remedies }: Explanation, title: string): string {
  const parts = [...(title === "" ? [] : [`${title}.`]), ...evidence];
  if (remedies.length > 0) parts.push(`What helps: ${remediesText(remedies)}.`);
  return parts.join(" ");
}

function clause({ rule }: Explanation): string {
  return RULE_WORDS[rule];
}

function upper(sentence: string): string {
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}
