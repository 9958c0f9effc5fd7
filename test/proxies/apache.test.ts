import { APACHE } from "./support/apache.ts";
import { playScenarios } from "./support/play-scenarios.ts";

playScenarios(APACHE);
