// What a gateway that is measured says and shows of itself.
import { cpuOf, type Contender, residentKib } from "../peers/server-under-test.ts";

/** Since the figures were taken before. */
export interface GatewayFigures {
  /** How much of one core it used, all its threads together. */
  readonly cpu: number;
  /** How late its event loop came at worst, in milliseconds, for 99 of 100 looks. */
  readonly loopP99Ms: number;
}

export class GatewayWatch {
  readonly #gateway: Contender;
  readonly #metricsPort: number;
  readonly #sampling: NodeJS.Timeout;
  #cpuMicros: number;
  #since: number = performance.now();
  #peakKib: number;

  constructor(gateway: Contender, metricsPort: number) {
    this.#gateway = gateway;
    this.#metricsPort = metricsPort;
    this.#cpuMicros = cpuOf(gateway);
    this.#peakKib = residentKib(gateway);
    this.#sampling = setInterval(() => {
      this.#peakKib = Math.max(this.#peakKib, residentKib(gateway));
    }, 200);
  }

  /** The most memory that it had so far. */
  get peakKib(): number {
    return this.#peakKib;
  }

  async take(): Promise<GatewayFigures> {
    const cpuMicros = cpuOf(this.#gateway);
    const now = performance.now();
    const cpu = (cpuMicros - this.#cpuMicros) / 1000 / (now - this.#since);
    this.#cpuMicros = cpuMicros;
    this.#since = now;
    const response = await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`);
    const late = /^handclasp_event_loop_delay_seconds\{quantile="0.99"\} (\S+)/m.exec(await response.text());
    return { cpu, loopP99Ms: Number(late?.[1]) * 1000 };
  }

  stop(): void {
    clearInterval(this.#sampling);
  }
}
