import { act, sentenceOf } from "./act.ts";
import { ProblemError, request } from "./request.ts";
import type { Acted, KeyDetail } from "./shapes.ts";
import { toast } from "./toasts.ts";

/** Acts that lists offer, on a key as it is when one clicks. */
export type KeyAct = "revoke" | "ignore" | "set-aside";

const DONE: Readonly<Record<KeyAct, string>> = {
  revoke: "Revoked",
  ignore: "Ignored",
  "set-aside": "Set aside",
};

/** Does it to a key of which no version was looked at: the one there is now. */
export async function actOnKey(keyId: string, what: KeyAct, name: string | null): Promise<Acted | null> {
  const path = `/v1/keys/${encodeURIComponent(keyId)}`;
  try {
    const { etag } = await request<KeyDetail>(path);
    return await act({
      path: `${path}/${what}`,
      ifMatch: etag,
      said: () => `${DONE[what]} ${name ?? "it"}`,
    });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    toast(sentenceOf(error.problem), { tone: "failed" });
    return null;
  }
}
