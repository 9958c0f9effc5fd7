import { HandclaspError, hasCode, isHandclaspError, reasonOf } from "../../errors.ts";
import { adviceOf } from "./explain-refused.ts";
import { ofExplained } from "./lock-holders.ts";

/** Why something could not be done in a database: that it cannot be reached is said as that, whatever was wanted there. */
export function databaseFailure(
  code: "ERR_HANDCLASP_STORE_READ" | "ERR_HANDCLASP_STORE_WRITE",
  what: string,
  cause: unknown,
): HandclaspError {
  const isAway = isHandclaspError(cause, "ERR_HANDCLASP_CONNECT");
  return new HandclaspError(code, `${isAway ? "the database cannot be reached" : what}: ${reasonOf(cause)}`, {
    cause,
    ...ofExplained(cause),
    ...adviceOf(cause),
    ...(hasCode(cause, "42501") && { hint: "the role that owns the schema may: name it in the URL" }),
    ...(isAway && { remedies: [{ act: "reach-database", at: "server" }] }),
  });
}
