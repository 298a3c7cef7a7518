/** The command that simulates: its name, flags and help. */
import type { Command } from 'commander';
import type { Run } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { collect, nonNegative, number, positive } from './option-values.ts';

const MOST_JOBS = 1_000_000;
const MOST_MODELS = 1_000;
const MOST_SEEDS = 1_000;

export function addSimulate(program: Command, terminal: Terminal, run: Run): void {
  program
    .command('simulate')
    .description('run the scheduler, and others, over a workload in virtual time')
    .option('--policy <name>', 'vramkeeper (default), another by name, or all; again for more', collect)
    .option('--server <kind>', 'attached (one Ollama) or managed (a process for each model)', 'managed')
    .option('--workload <name>', 'jobs to generate (default: backlog)')
    .option('--trace <file>', 'recorded jobs: a table with the columns of docs/simulate.md')
    .option(
      '--from-server [url]',
      'the completed jobs of a server (default: VRAMKEEPER_URL, else the usual one)',
    )
    .option('--key <key>', 'its API key (default: VRAMKEEPER_KEY, where other users do not see it)')
    .option('--jobs <number>', 'how many of them', number(1, MOST_JOBS))
    .option('--rate <number>', 'arrivals a second, where they come one by one', positive)
    .option('--models <number>', 'models that they are for', number(1, MOST_MODELS))
    .option('--zipf <number>', 'how unlike models are asked for; 0: all alike', nonNegative, 1)
    .option('--priorities <how>', 'equal, or mixed: HIGH, NORMAL and LOW', 'equal')
    .option('--gpu <size>', 'a card (default: 24GiB); again for more', collect)
    .option('--more-gpu <size>', 'a further card: the same jobs are done with it as well', collect)
    .option(
      '--p95 <seconds>',
      'how many times as fast jobs may come for 95 % of them to be done so soon',
      positive,
    )
    .option('--parallel <number>', 'requests that a model runs at once', number(1, 1_024), 4)
    .option('--alpha <number>', 'each of b of them gets b^(alpha-1) of the speed of one', positive, 0.7)
    .option('--seed <number>', 'of all chance', number(0, 2 ** 31), 1)
    .option('--seeds <number>', 'so many seeds from there on', number(1, MOST_SEEDS), 1)
    .option('--json', 'print JSON')
    .option('--report <file>', 'also write a page with drawings, of the first seed')
    .action((options) =>
      run(async () => (await import('../simulate/simulate.ts')).runSimulation(options, terminal)),
    );
}
