/** What a bench asks of a simulated device, by the action's id. @param what such as "a bay" */
export function actsOf(what: string, acts: Readonly<Record<string, () => void>>): (id: string) => void {
  return (id) => {
    const act = acts[id];
    if (act === undefined) throw new Error(`${what} knows no "${id}"`);
    act();
  };
}
