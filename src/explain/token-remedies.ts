import type { RefusalDetail } from "../trust/records/verdict.ts";
import type { Remedy } from "../remedy.ts";

/** What helps a client whose join token is no good. */
export function tokenRemedies(detail: RefusalDetail | null): readonly Remedy[] {
  switch (detail) {
    case "token-used":
      return [
        { act: "list-tokens", at: "server", when: "to see which key used it" },
        { act: "revoke-key", at: "server", when: "if that was not its owner" },
        { ...NEW_TOKEN, when: "for this client", options: { replace: true } },
      ];
    case "wrong-address":
      return [
        { act: "come-from-network", at: "client" },
        { ...NEW_TOKEN, when: "or it needs another token", options: { from: "NETWORK" } },
      ];
    case "wrong-server":
      return [
        {
          ...NEW_TOKEN,
          when: "it needs a token that was made for the key of this server",
          options: { "server-pin": "PIN" },
        },
      ];
    case "name-taken":
      return [{ ...NEW_TOKEN, when: "to put this client in that one's place", options: { replace: true } }];
    case "not-listed":
      return [
        { ...NEW_TOKEN, when: "it needs a token into a group of that list", options: { group: "GROUP" } },
        { act: "allow-in-configuration", at: "server" },
      ];
    default:
      return [
        { ...NEW_TOKEN, when: "it needs a new token" },
        { act: "add-certificate", at: "server", when: "without one" },
      ];
  }
}

const NEW_TOKEN: Remedy = { act: "create-token", at: "server" };
