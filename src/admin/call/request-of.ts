import type { OperatorAct } from "../../operator/act.ts";
import type { ApiRequest } from "./curl.ts";

/** The request that does an act, where KEY is a whole key id; `version` is the key's, as it was looked at. */
export function requestOf(act: OperatorAct, version: number | null): ApiRequest {
  const ifMatch = version === null ? {} : { ifMatch: `"${version}"` };
  switch (act.act) {
    case "approve": {
      const { act: _, key, compared: _how, expires, ...body } = act;
      const end = expires === undefined ? {} : { expires: toIso(expires) };
      return {
        method: "POST",
        path: `/v1/keys/${segment(key)}/approve`,
        body: { ...body, ...end },
        ...ifMatch,
      };
    }
    case "revoke":
    case "ignore":
    case "set-aside":
    case "forget":
      return { method: "POST", path: `/v1/keys/${segment(act.key)}/${act.act}`, body: {}, ...ifMatch };
    case "rename":
      return {
        method: "POST",
        path: `/v1/keys/${segment(act.key)}/rename`,
        body: { peer: act.peer },
        ...ifMatch,
      };
    case "note":
      return { method: "POST", path: `/v1/keys/${segment(act.key)}/note`, body: { text: act.text } };
    case "undo":
      return { method: "POST", path: `/v1/events/${act.event}/undo`, body: {}, ...ifMatch };
    case "add-to-group":
      return { method: "POST", path: "/v1/groups/add", body: { group: act.group, key: act.key } };
    case "remove-from-group":
      return { method: "POST", path: "/v1/groups/remove", body: { group: act.group, key: act.key } };
    case "open-window": {
      const { act: _, ...body } = act;
      return { method: "PUT", path: "/v1/window", body };
    }
    case "close-window":
      return { method: "DELETE", path: "/v1/window" };
    case "create-token": {
      const { act: _, ...body } = act;
      return { method: "POST", path: "/v1/tokens", body };
    }
    case "cancel-token":
      return { method: "POST", path: `/v1/tokens/${segment(act.id)}/cancel`, body: {} };
    case "create-api-token": {
      const { name, scope, expires } = act;
      return { method: "POST", path: "/v1/api-tokens", body: { name, scope, expires: toIso(expires) } };
    }
    case "cancel-api-token":
      return { method: "POST", path: `/v1/api-tokens/${segment(act.id)}/cancel`, body: {} };
  }
}

/** A text as one part of a path: curl takes brackets for several addresses. */
function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function toIso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
