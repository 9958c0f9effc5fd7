import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const KEPT_MS = 60_000;

/**
 * Opens a link in the browser of a desktop; does nothing where there is none. The link stands in a file that nobody else
 * may read, never in arguments of a process, which everybody on the machine sees.
 */
export function openLink(link: string): Disposable | undefined {
  const opener = openerOf(process.platform, process.env);
  if (opener === undefined || !process.stdout.isTTY) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "handclasp-ui-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const file = join(folder, "open.html");
  writeFileSync(file, redirectTo(link), { mode: 0o600 });
  const [command, ...args] = opener;
  const child = spawn(command, [...args, pathToFileURL(file).href], { stdio: "ignore", detached: true });
  child.on("error", remove).unref();
  const timer = setTimeout(remove, KEPT_MS).unref();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      remove();
    },
  };
}

/** The link has no character that HTML would take for its own. */
function redirectTo(link: string): string {
  return `<!doctype html>\n<meta charset="utf-8">\n<meta http-equiv="refresh" content="0; url=${link}">\n`;
}

function openerOf(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): readonly [string, ...string[]] | undefined {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  const hasDesktop = [env["DISPLAY"], env["WAYLAND_DISPLAY"]].some(
    (each) => each !== undefined && each !== "",
  );
  return hasDesktop ? ["xdg-open"] : undefined;
}
