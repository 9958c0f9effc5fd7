// What came of it, for people and for docs/performance.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Outcome {
  readonly server: string;
  readonly what: string;
  readonly done: number;
  /** Of those that answers can show, how many they did not. */
  readonly unseen: number;
  readonly answered: number;
  readonly lost: number;
  /** Losses by what came instead of an answer. */
  readonly by: Readonly<Record<string, number>>;
}

export function toText(outcomes: readonly Outcome[]): string {
  return outcomes
    .map(({ server, what, done, unseen, answered, lost, by }) =>
      [
        `${server.padEnd(26)} ${`${done} ${what}`.padEnd(32)} ${String(lost).padStart(6)} lost of ${answered + lost}`,
        ...(unseen > 0 ? [`    ${unseen} changes were not seen`] : []),
        ...Object.entries(by).map(([reason, count]) => `    ${count} × ${reason}`),
      ].join("\n"),
    )
    .join("\n");
}

export function toMarkdown(outcomes: readonly Outcome[], about: string): string {
  const servers = [...new Set(outcomes.map(({ server }) => server))];
  const works = [...new Set(outcomes.map(({ what }) => what))];
  const cell = (server: string, what: string): string => {
    const found = outcomes.find((each) => each.server === server && each.what === what);
    return found === undefined || found.done === 0 ? "–" : `${found.lost} of ${found.answered + found.lost}`;
  };
  const title = (what: string): string => {
    const done = Math.max(...outcomes.filter((each) => each.what === what).map((each) => each.done));
    return done > 1 ? `${done} ${what}` : what;
  };
  return [
    about,
    "",
    `| lost requests | ${servers.join(" | ")} |`,
    `|---|${servers.map(() => "---|").join("")}`,
    ...works.map((what) => `| ${title(what)} | ${servers.map((server) => cell(server, what)).join(" | ")} |`),
  ].join("\n");
}

/** Puts the table between its marks. */
export function writePage(table: string): void {
  const page = join(import.meta.dirname, "../../docs/performance.md");
  const between = /(<!-- bench:reload -->\n)[^]*(?=<!-- \/bench:reload -->)/;
  const text = readFileSync(page, "utf8");
  if (!between.test(text)) throw new Error(`${page} has no place for the table`);
  writeFileSync(
    page,
    text.replace(between, (_, mark: string) => `${mark}\n${table}\n\n`),
  );
}
