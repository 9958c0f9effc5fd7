import { headers } from "./credentials.ts";
import { toast } from "./toasts.ts";

const KEPT_MS = 60_000;

/** Has the browser keep what is at a path of the API; a plain link would carry no Authorization. */
export async function download(path: string, name: string): Promise<void> {
  const response = await fetch(path, { headers: headers(), cache: "no-store" }).catch(() => null);
  if (response === null || !response.ok) {
    toast(`The file could not be had${response === null ? "" : `: ${response.status}`}`, { tone: "failed" });
    return;
  }
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
