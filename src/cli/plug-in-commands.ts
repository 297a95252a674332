import type { Command } from "commander";
import type { CommandGroup, Command as PlugInCommand } from "../ports/command.ts";

/** Adds what a plug-in brings, as if it stood here. What it is given is loaded when it runs. */
export function addCommand<Kit>(program: Command, added: PlugInCommand<Kit>, kit: () => Promise<Kit>): void {
  const { name, what, argument, options, run } = added;
  const command = program.command(name).description(what);
  if (argument !== undefined) command.argument(argument.form, argument.what);
  for (const { form, what: meaning, isRequired, usual } of options) {
    if (isRequired === true) command.requiredOption(form, meaning, usual);
    else command.option(form, meaning, usual);
  }
  command.action(async () => await run(await kit(), command.opts(), command.args[0] ?? ""));
}

/** A command that several bring is one: it takes the options of all, and the one that is meant runs. */
export function addShared<Kit>(
  program: Command,
  brought: readonly { readonly command: PlugInCommand<Kit>; readonly owner: string; kit(): Promise<Kit> }[],
  ownerIn: (options: unknown) => Promise<string>,
): void {
  for (const name of new Set(brought.map(({ command }) => command.name))) {
    const all = brought.filter(({ command }) => command.name === name);
    const [first, ...others] = all;
    if (first === undefined) continue;
    if (others.length === 0) {
      addCommand(program, first.command, first.kit);
      continue;
    }
    const options = [
      ...new Map(all.flatMap(({ command }) => command.options).map((each) => [each.form, each])).values(),
    ];
    const meant = async (given: unknown): Promise<(typeof all)[number]> => {
      const owner = await ownerIn(given);
      return all.find((each) => each.owner === owner) ?? first;
    };
    const run = async (_kit: null, given: unknown, argument: string): Promise<void> => {
      const { command, kit } = await meant(given);
      await command.run(await kit(), given, argument);
    };
    addCommand(program, { ...first.command, options, run }, async () => null);
  }
}

export function addGroup<Kit>(program: Command, { name, what, commands }: CommandGroup<Kit>, kit: () => Promise<Kit>) {
  const group = program.command(name).description(what);
  for (const command of commands) addCommand(group, command, kit);
}
