import type { CounterOptions, InputOptions, OutputOptions } from "../../platform/gpio/gpio.ts";

/** A line by its name, and how it is wired. */
export type OutputLine = OutputOptions & { readonly line: string };
export type InputLine = InputOptions & { readonly line: string };
export type CounterLine = CounterOptions & { readonly line: string };
