/** @file The command line as `stopgrad` starts it: messages name that command. */
import { startedAsStopgrad } from "../command.ts";
import { begin } from "./main.ts";

startedAsStopgrad();
await begin();
