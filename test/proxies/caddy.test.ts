import { CADDY } from "./support/caddy.ts";
import { playScenarios } from "./support/play-scenarios.ts";

playScenarios(CADDY);
