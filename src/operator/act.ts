import type { KeyRecord } from "../trust/records/key-record.ts";
import { HandclaspError } from "../errors.ts";
import type { CreateTokenOptions } from "./secrets/invite.ts";
import type { JoinToken } from "../trust/naming/join-token.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import type { Compared } from "../trust/records/change.ts";
import type { Scope } from "../trust/records/scope.ts";
import type { CreatedApiToken } from "./secrets/issue-api-token.ts";
import type { ActOptions, Operator } from "./operator.ts";

/** What an operator can do, as plain data: KEY is what `Operator` takes for one, times are milliseconds since the epoch. */
export type OperatorAct =
  | {
      readonly act: "approve";
      readonly key: string;
      readonly name?: string;
      readonly onConflict?: "fail" | "replace" | "add";
      readonly expires?: number | null;
      readonly compared?: Compared;
    }
  | { readonly act: "revoke" | "ignore" | "set-aside" | "forget"; readonly key: string }
  | { readonly act: "rename"; readonly key: string; readonly peer: string }
  | { readonly act: "note"; readonly key: string; readonly text: string }
  | { readonly act: "undo"; readonly event: number }
  | { readonly act: "add-to-group" | "remove-from-group"; readonly group: string; readonly key: string }
  | {
      readonly act: "open-window";
      readonly forMs: number;
      readonly max?: number | null;
      /** CIDR. */
      readonly from?: string | null;
    }
  | { readonly act: "close-window" }
  | {
      readonly act: "create-token";
      readonly peer: string;
      /** `HOST:PORT`, as clients reach it; default what `meantServer` makes of it. */
      readonly server?: readonly string[];
      readonly serverPin?: KeyPin;
      readonly forMs?: number;
      readonly from?: string;
      readonly replace?: boolean;
      readonly groups?: readonly string[];
    }
  | { readonly act: "cancel-token"; readonly id: string }
  | {
      readonly act: "create-api-token";
      readonly name: string;
      readonly scope: Scope;
      readonly expires: number;
    }
  | { readonly act: "cancel-api-token"; readonly id: string };

/** What an act came to. */
export interface Performed {
  /** The keys as they are then. */
  readonly keys: readonly KeyRecord[];
  /** The event that `undo` takes; null where nothing was changed, where it cannot be undone, or only key by key. */
  readonly event: number | null;
  /** It holds on this machine alone so far, and is appended to the log when that answers. */
  readonly later?: true;
  /** The only copy of what lets a client in. */
  readonly token?: JoinToken;
  /** The only copy of what lets an operator in. */
  readonly apiToken?: CreatedApiToken;
  /** When the window of first use ends. */
  readonly until?: number;
}

/** The server that a join token is for, as far as it was said. */
export interface SaidServer {
  readonly server?: readonly string[];
  readonly serverPin?: KeyPin;
}

export type MeantServer = Pick<CreateTokenOptions, "servers" | "serverPin">;

export interface PerformOptions extends Pick<ActOptions, "seen"> {
  /** The server that is meant where an act does not say all of it; default throws ERR_HANDCLASP_OPTION. */
  readonly meantServer?: (said: SaidServer) => MeantServer | Promise<MeantServer>;
}

/** Does it, by the method of `Operator` that is its own. */
export async function perform(
  operator: Operator,
  act: OperatorAct,
  { seen, meantServer = asSaid }: PerformOptions = {},
): Promise<Performed> {
  let event: number | null = null;
  let isLater = false;
  const told: ActOptions = {
    ...(seen !== undefined && { seen }),
    onEvent: (sequence) => (event = sequence),
    onLater: () => (isLater = true),
  };
  const changed = async (acting: Promise<readonly KeyRecord[]>): Promise<Performed> => {
    const keys = await acting;
    return { keys, event, ...(isLater && { later: true }) };
  };
  switch (act.act) {
    case "approve": {
      const { act: _, key, ...approval } = act;
      return changed(operator.approve(key, { ...approval, ...told }));
    }
    case "revoke":
      return changed(operator.revoke(act.key, told));
    case "ignore":
      return changed(operator.ignore(act.key, told));
    case "set-aside":
      return changed(operator.setAside(act.key, told));
    case "forget":
      return changed(operator.forget(act.key, told));
    case "rename":
      return changed(operator.rename(act.key, act.peer, told));
    case "note":
      return changed(operator.note(act.key, act.text, told));
    case "undo":
      return changed(operator.undo(act.event, told));
    case "add-to-group":
      return changed(operator.addToGroup(act.group, act.key, told));
    case "remove-from-group":
      return changed(operator.removeFromGroup(act.group, act.key, told));
    case "open-window": {
      const { forMs, max = null, from = null } = act;
      return { ...NOTHING, until: await operator.openFirstUse(forMs, { max, from }) };
    }
    case "close-window":
      return { ...NOTHING, until: await operator.openFirstUse(0) };
    case "create-token": {
      const { act: _, server, serverPin, ...token } = act;
      const meant = await meantServer({ ...(server && { server }), ...(serverPin && { serverPin }) });
      return { ...NOTHING, token: await operator.createToken({ ...token, ...meant }) };
    }
    case "cancel-token":
      await operator.cancelToken(act.id);
      return NOTHING;
    case "create-api-token": {
      const { act: _, ...token } = act;
      return { ...NOTHING, apiToken: await operator.createApiToken(token) };
    }
    case "cancel-api-token":
      await operator.cancelApiToken(act.id);
      return NOTHING;
  }
}

const NOTHING: Performed = { keys: [], event: null };

function asSaid({ server, serverPin }: SaidServer): MeantServer {
  if (server !== undefined && serverPin !== undefined) return { servers: server, serverPin };
  throw new HandclaspError(
    "ERR_HANDCLASP_OPTION",
    "a join token says where the server is, and which key it has",
  );
}
