import type { PrefaceRefusal } from "../../../capture/before-tls/conversation.ts";
import type { Explanation } from "../../../explain/explanation.ts";
import type { ConnectionEvent } from "../../../tls/observer/connection-event.ts";
import type { TraceMessage, TraceProblem } from "../../../tls/observer/trace-message.ts";

/** What a connection came to, for people and for programs. */
export interface Explained {
  /** A paragraph that may have parts which are kept whole: written by `wrapped`, or `flat` in one line. */
  readonly text: string;
  readonly explanations: readonly Explanation[];
}

/** What came before TLS, in order, and that the server refused to begin it, as far as that is known by now. */
export interface Preface {
  readonly before: readonly string[];
  readonly refusal?: PrefaceRefusal;
}

/** Writes one connection in some format. Each event comes before the messages that it leads to. */
export interface ConnectionWriter {
  event?(event: ConnectionEvent): void;
  preface?(preface: Preface): void;
  /** Missing where nobody wants messages, which then are not read at all. */
  message?(message: TraceMessage): void;
  problem?(problem: TraceProblem): void;
  explained?(explained: Explained): void;
  /** The last call; `isTls` says whether there was any message. */
  end?(isTls: boolean): void;
}

/** Both hear everything, the first one first. */
export function bothOf(first: ConnectionWriter, second: ConnectionWriter): ConnectionWriter {
  return {
    event(event) {
      first.event?.(event);
      second.event?.(event);
    },
    preface(preface) {
      first.preface?.(preface);
      second.preface?.(preface);
    },
    ...((first.message !== undefined || second.message !== undefined) && {
      message(message: TraceMessage) {
        first.message?.(message);
        second.message?.(message);
      },
    }),
    problem(problem) {
      first.problem?.(problem);
      second.problem?.(problem);
    },
    explained(explained) {
      first.explained?.(explained);
      second.explained?.(explained);
    },
    end(isTls) {
      first.end?.(isTls);
      second.end?.(isTls);
    },
  };
}
