import { refused, type RuntimeApi } from "./runtime-api.ts";
import type { TrustedCertificates } from "./trusted-certificates.ts";

/** The entry that says until when the others are to be believed, in milliseconds since the epoch. */
const UNTIL = "until";
/** A command has to fit in HAProxy's buffer: 16 KiB where nothing else is said. */
const MOST_CHARACTERS = 8192;

/** The map that one process of HAProxy has, as far as we wrote it. */
export class MapCopy {
  readonly #api: RuntimeApi;
  readonly #map: string;
  readonly #certificates: TrustedCertificates;
  readonly #written = new Map<string, string>();
  readonly #due = new Set<string>();
  /** Which version of the map is ours. */
  #version = "";

  constructor(api: RuntimeApi, map: string, certificates: TrustedCertificates) {
    this.#api = api;
    this.#map = map;
    this.#certificates = certificates;
  }

  get size(): number {
    return this.#written.size;
  }

  get isInStep(): boolean {
    return this.#due.size === 0;
  }

  /** Has to be looked at again. */
  changed(fingerprint: string): void {
    this.#due.add(fingerprint);
  }

  /** Puts another map in the place of the one that is there, at once as seen by clients. Nothing in it is believed yet. */
  async fill(): Promise<void> {
    const prepare = `prepare map ${this.#map}`;
    const answer = await this.#api.ask(prepare);
    const [, version] = /^New version created: (\d+)$/.exec(answer) ?? [];
    if (version === undefined) throw refused(prepare, answer);
    this.#due.clear();
    this.#written.clear();
    for (const fingerprint of this.#certificates.fingerprints()) {
      this.#written.set(fingerprint, this.#certificates.valueOf(fingerprint) ?? "");
    }
    const lines = [
      `${UNTIL} 0`,
      ...Array.from(this.#written, ([fingerprint, value]) => `${fingerprint} ${value}`),
    ];
    await this.#add(lines, `@${version} `);
    await this.#api.tell(`commit map @${version} ${this.#map}`);
    this.#version = version;
  }

  /** Brings over what changed: what is to go first. */
  async update(): Promise<void> {
    const lines: string[] = [];
    const due = [...this.#due];
    this.#due.clear();
    for (const fingerprint of due) {
      const value = this.#certificates.valueOf(fingerprint);
      const written = this.#written.get(fingerprint);
      if (value === written) continue;
      if (written !== undefined) await this.#remove(fingerprint);
      if (value !== undefined) lines.push(`${fingerprint} ${value}`);
    }
    await this.#add(lines, "");
    for (const line of lines) {
      const [fingerprint = "", value = ""] = line.split(" ");
      this.#written.set(fingerprint, value);
    }
  }

  /** Whether it is still what we wrote, as far as its size and version say. */
  async isOurs(): Promise<boolean> {
    const maps = await this.#api.ask("show map");
    const line = maps.split("\n").find((each) => each.includes(` (${this.#map}) `)) ?? "";
    const [, version, count] = / curr_ver=(\d+) next_ver=\d+ entry_cnt=(\d+)$/.exec(line.trim()) ?? [];
    return version === this.#version && count === String(this.#written.size + 1);
  }

  /** Has HAProxy believe it until then, in milliseconds since the epoch. */
  async believe(until: number): Promise<void> {
    await this.#api.tell(`set map ${this.#map} ${UNTIL} ${until}`);
  }

  async #remove(fingerprint: string): Promise<void> {
    const remove = `del map ${this.#map} ${fingerprint}`;
    const answer = await this.#api.ask(remove);
    if (answer !== "" && answer !== "Key not found.") throw refused(remove, answer);
    this.#written.delete(fingerprint);
  }

  async #add(lines: readonly string[], version: string): Promise<void> {
    let chunk: string[] = [];
    let characters = 0;
    const send = async (): Promise<void> => {
      if (chunk.length > 0) await this.#api.tell(`add map ${version}${this.#map}`, chunk);
      chunk = [];
      characters = 0;
    };
    for (const line of lines) {
      if (characters + line.length >= MOST_CHARACTERS) await send();
      chunk.push(line);
      characters += line.length + 1;
    }
    await send();
  }
}
