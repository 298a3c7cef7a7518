#!/bin/sh
//bin/true; f="$(readlink -f "$0")"; d="${f%/*}"; for n in "$d/../node_modules/node/bin/node" "$d/../../node/bin/node"; do [ -x "$n" ] && exec "$n" "$0" "$@"; done; exec node "$0" "$@"
/**
 * A virtual `ollama`: see src/virtual-ollama/README.md. As a program of its own it is a shell script for two lines, so that the process that was started
 * becomes the right Node instead of standing before it: its pid and its signals are the server's. To Node it is JavaScript.
 */
import { runProgram } from './bundled-node.js';

await runProgram('virtual-ollama/program/main');
