import { buildProgram } from './program.ts';
import { runProgram } from './run-program.ts';

// People's data lie in most of what is written: its owner's alone, also in a folder that everybody may enter.
process.umask(0o077);
process.exitCode = await runProgram(buildProgram, process.argv.slice(2));
