import { register } from "tsx/esm/api";

// Each thread runs this by its own `--import`: the command `tsx` itself teaches only the first one TypeScript.
register();
