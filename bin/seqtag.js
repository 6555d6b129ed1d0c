#!/usr/bin/env node
import module from 'node:module';

// Node 22 keeps compiled code from run to run; for that it must be asked before anything is loaded
module.enableCompileCache?.();
const { processIo, run } = await import('../dist/cli/main.js');

process.exitCode = await run(process.argv.slice(2), processIo());
