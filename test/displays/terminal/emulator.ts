/** What one cell shows, colours resolved: black and white stand for 16 and 231 of the palette. */
interface Cell {
  readonly char: string;
  readonly isStrong: boolean;
  readonly isInverse: boolean;
  readonly ink: "default" | "black" | "white";
  readonly paper: "default" | "black" | "white";
}

const EMPTY: Cell = { char: " ", isStrong: false, isInverse: false, ink: "default", paper: "default" };
const COLOURS: Readonly<Record<string, "black" | "white">> = { "16": "black", "231": "white" };
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is told what to do by control characters.
const TOKEN = /^(?:\x1b\[(\?)?([\d;]*)([A-Za-z])|([^\x00-\x1f\x7f]))/u;

/** A terminal of so many characters, which knows exactly the orders that a VT100 of today knows, and throws on any other. */
export class Emulator {
  readonly columns: number;
  readonly rows: number;
  /** Every order to empty the screen, so far. */
  clears = 0;
  /** Characters and moves past the last column or row, so far. */
  overruns = 0;
  readonly modes = new Map<string, boolean>();
  /** What it answers. */
  answer: (text: string) => void = () => {};
  #cells: Cell[];
  #pen = EMPTY;
  #column = 0;
  #row = 0;
  #rest = Buffer.alloc(0);

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
    this.#cells = this.#blank();
  }

  write(bytes: Uint8Array): void {
    const decoded = new TextDecoder("utf-8", { fatal: true });
    let text = decoded.decode(Buffer.concat([this.#rest, bytes]), { stream: true });
    this.#rest = Buffer.alloc(0);
    while (text !== "") {
      const match = TOKEN.exec(text);
      if (match === null) {
        if (text.length > 40) throw new Error(`not known: ${JSON.stringify(text.slice(0, 20))}`);
        this.#rest = Buffer.from(text);
        return;
      }
      const [token, mode, numbers = "", order, char] = match;
      if (char !== undefined) this.#put(char);
      else this.#obey(mode === "?", numbers === "" ? [] : numbers.split(";"), order ?? "");
      text = text.slice(token.length);
    }
  }

  lines(): readonly string[] {
    return Array.from({ length: this.rows }, (_, row) =>
      this.#cells
        .slice(row * this.columns, (row + 1) * this.columns)
        .map(({ char }) => char)
        .join(""),
    );
  }

  cell(column: number, row: number): Cell {
    const cell = this.#cells[row * this.columns + column];
    if (cell === undefined) throw new Error(`There is no cell ${column}, ${row}.`);
    return cell;
  }

  #put(char: string): void {
    const column = Math.min(this.#column, this.columns - 1);
    if (column < this.#column) this.overruns++;
    if (column < this.#column && this.modes.get("7") !== false) throw new Error("the line would have been wrapped");
    this.#cells[this.#row * this.columns + column] = { ...this.#pen, char };
    this.#column = column + 1;
  }

  #obey(isPrivate: boolean, numbers: readonly string[], order: string): void {
    if (isPrivate && (order === "h" || order === "l")) {
      for (const mode of numbers) this.modes.set(mode, order === "h");
    } else if (order === "H") this.#move(Number(numbers[0] ?? 1), Number(numbers[1] ?? 1));
    else if (order === "J" && numbers[0] === "2") {
      this.clears++;
      this.#cells = this.#blank();
    } else if (order === "m") this.#pen = numbers.length === 0 ? EMPTY : painted(this.#pen, numbers);
    else if (order === "n" && numbers[0] === "6") this.answer(`\x1b[${this.#row + 1};${this.#column + 1}R`);
    else throw new Error(`not known: ${isPrivate ? "?" : ""}${numbers.join(";")}${order}`);
  }

  #move(row: number, column: number): void {
    const isQuestion = row === 999 && column === 999;
    if (!isQuestion && (row > this.rows || column > this.columns)) this.overruns++;
    this.#row = Math.min(row, this.rows) - 1;
    this.#column = Math.min(column, this.columns) - 1;
  }

  #blank(): Cell[] {
    return Array<Cell>(this.columns * this.rows).fill(EMPTY);
  }
}

function painted(before: Cell, numbers: readonly string[]): Cell {
  let pen = before;
  for (let index = 0; index < numbers.length; index++) {
    const [code, kind, colour = ""] = numbers.slice(index, index + 3);
    if (code === "0") pen = EMPTY;
    else if (code === "1") pen = { ...pen, isStrong: true };
    else if (code === "22") pen = { ...pen, isStrong: false };
    else if (code === "7") pen = { ...pen, isInverse: true };
    else if ((code === "38" || code === "48") && kind === "5" && COLOURS[colour] !== undefined) {
      pen = { ...pen, [code === "38" ? "ink" : "paper"]: COLOURS[colour] };
      index += 2;
    } else if (code !== "25") throw new Error(`not known: ${code}m`);
  }
  return pen;
}
