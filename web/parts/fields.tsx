import type { Signal } from "@preact/signals";
import type { VNode } from "preact";
import { useId } from "preact/hooks";

export interface FieldProps {
  readonly label: string;
  readonly value: Signal<string>;
  /** A whole number is asked for. */
  readonly isCount?: boolean;
  readonly placeholder?: string;
  /** What can be said there, below it. */
  readonly hint?: string;
  readonly required?: boolean;
  readonly mono?: boolean;
  /** What is wrong with it. */
  readonly problem?: string | null;
}

/** One text that is asked for. */
export function Field(props: FieldProps): VNode {
  const { label, value, isCount = false, placeholder = "", hint, required = false, mono = false } = props;
  const { problem = null } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class={mono ? "mono" : undefined}
        type="text"
        inputMode={isCount ? "numeric" : "text"}
        pattern={isCount ? "[1-9][0-9]*" : undefined}
        placeholder={placeholder}
        required={required}
        autocomplete="off"
        spellcheck={false}
        aria-describedby={hint === undefined && problem === null ? undefined : `${id}-hint`}
        aria-invalid={problem !== null}
        value={value}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
      {(hint !== undefined || problem !== null) && (
        <p id={`${id}-hint`} class={problem === null ? "hint" : "hint hint-bad"}>
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}

export interface ChoiceProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly choices: readonly (readonly [value: string, text: string])[];
  readonly hint?: string;
}

/** One of a few. */
export function Choice({ label, value, choices, hint }: ChoiceProps): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => (value.value = event.currentTarget.value)}
      >
        {choices.map(([each, text]) => (
          <option value={each} selected={each === value.value}>
            {text}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

export interface TimeFieldProps {
  readonly label: string;
  /** As this machine writes it, without a zone. */
  readonly value: Signal<string>;
  readonly hint?: string;
  readonly required?: boolean;
}

/** A moment, by this machine's clock and calendar. */
export function TimeField({ label, value, hint, required = false }: TimeFieldProps): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        required={required}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        value={value}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
