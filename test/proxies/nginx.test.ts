import { NGINX } from "./support/nginx.ts";
import { playScenarios } from "./support/play-scenarios.ts";

playScenarios(NGINX);
