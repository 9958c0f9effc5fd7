import { tell } from "../stream/topics.ts";
import { ProblemError, request, type RequestOptions } from "./request.ts";
import { refreshSession } from "./session.ts";
import type { Acted, Problem } from "./shapes.ts";
import { toast } from "./toasts.ts";

export interface ActRequest extends Pick<RequestOptions, "method" | "body" | "ifMatch"> {
  readonly path: string;
  /** What was done, as a sentence without its end: "Revoked anna". */
  readonly said: (acted: Acted) => string;
}

/** Does it, and says so with a way back; what was refused is said too, and null. */
export async function act({
  path,
  method = "POST",
  body = {},
  ifMatch,
  said,
}: ActRequest): Promise<Acted | null> {
  try {
    const { value } = await request<Acted>(path, { method, body, ifMatch: ifMatch ?? null });
    const { ended, undo, command, curl, later } = value;
    toast(`${said(value)}${later ? LATER : "."}${endedWords(ended)}`, {
      undo: undo === null ? null : () => void takeBack(undo),
      command: { command, curl },
    });
    lookAgain();
    return value;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (error.problem.status === 401) void refreshSession();
    toast(sentenceOf(error.problem), { tone: "failed" });
    lookAgain();
    return null;
  }
}

/** Where the database is away. */
const LATER =
  " on this machine: the database cannot be reached, and the others hear of it when that is back.";

/** What became of connections, behind what was done; nothing when there were none. */
export function endedWords(ended: number): string {
  if (ended === 0) return "";
  return ended === 1 ? " 1 connection ended." : ` ${ended} connections ended.`;
}

/** What is wrong, in one sentence or two. */
export function sentenceOf({ title, detail, hint, status, key }: Problem): string {
  if (status === 412 && key === null) return "It is gone by now. Nothing was done.";
  if (status === 412 && key !== undefined) {
    return `It changed since you looked: it is ${key?.state ?? "another"} now. Nothing was done.`;
  }
  const said = asSentence(detail ?? title);
  return hint === undefined ? said : `${said} ${asSentence(hint)}`;
}

function asSentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

async function takeBack({ path, etag }: NonNullable<Acted["undo"]>): Promise<void> {
  await act({ path, ifMatch: etag, said: () => "Undone" });
}

/** The stream would say it too, within a second. */
function lookAgain(): void {
  for (const topic of ["change", "waiting", "connections"]) tell(topic);
}
