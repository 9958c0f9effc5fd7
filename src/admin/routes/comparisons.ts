import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { challengeJson, compareBody, comparedJson } from "../schemas/acts.ts";
import { findKey } from "./find-key.ts";

/** Comparing a key with what its owner shows or says: the answer is ours, not a person's eye. */
export function comparisonRoutes({ store, comparison }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/keys/{keyId}/comparison", {
      summary: "Six of the twelve words, the others to be filled in",
      scope: "approve",
      find: (params) => findKey(store, params),
      answer: challengeJson,
      handle({ caller, subject: { pin } }) {
        const { id, words } = comparison.challenge(caller.id, pin);
        return { body: { id, words, triesLeft: comparison.triesLeft(pin) } };
      },
    }),
    route("POST", "/v1/keys/{keyId}/compare", {
      summary: "Whether a code, key id, phrase or words are this key's",
      scope: "approve",
      find: (params) => findKey(store, params),
      body: compareBody,
      answer: comparedJson,
      handle({ caller, subject: { pin }, body }) {
        const { equal, how, differs } = comparison.compare(caller.id, pin, body);
        return { body: { equal, how, differs, triesLeft: comparison.triesLeft(pin) } };
      },
    }),
  ];
}
