import { HAPROXY, HAPROXY_WITH_MAP } from "./support/haproxy.ts";
import { playScenarios } from "./support/play-scenarios.ts";

playScenarios(HAPROXY);
playScenarios(HAPROXY_WITH_MAP);
