/** The commands about jobs: names, flags and help. */
import type { Command } from 'commander';
import { withConnection } from '../connection.ts';
import type { Run } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { collect, nonNegative, number, positive } from './option-values.ts';

const ID = 'its id, or enough of how it begins';
const IDS = 'ids of jobs or batches, or enough of how they begin';

export function addJobCommands(program: Command, terminal: Terminal, run: Run): void {
  addSubmit(program, terminal, run);
  addLooking(program, terminal, run);
  addFollowing(program, terminal, run);
  addChanging(program, terminal, run);
}

function addSubmit(program: Command, terminal: Terminal, run: Run): void {
  const command = program
    .command('submit')
    .description('submit one job, a file of jobs or random ones, and print the results')
    .argument('[model]', 'model of a single job')
    .argument('[prompt]', 'its prompt; - reads standard input')
    .option('--batch <file>', 'jobs from a JSONL file, one object a line; - reads standard input')
    .option('--random <count>', 'so many random jobs over the installed models', number(1, 100_000))
    .option('--delay <seconds>', 'time between two jobs of --batch or --random', positive)
    .option('--image <file>', 'an image for the prompt; again for more', collect);
  withConnection(withJobFlags(command))
    .option('--no-wait', 'print the ids and leave')
    .option('--json', 'print jobs and results as JSON, one a line')
    .action((model, prompt, options) =>
      run(async () => (await import('../submit/submit.ts')).submit(model, prompt, options, terminal)),
    );
}

/** What holds for the one job, and for those of a file whose lines do not say otherwise. */
function withJobFlags(command: Command): Command {
  return command
    .option('--priority <priority>', 'high, normal or low')
    .option('--system <text>', "in place of the model's own system message")
    .option('--max-tokens <count>', 'the most tokens to produce', number(1, Number.MAX_SAFE_INTEGER))
    .option('--temperature <number>', '0 for the likeliest answer; more for variety', nonNegative)
    .option(
      '--seed <number>',
      'makes answers, or the choice of random jobs, repeatable',
      number(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--format <json|file>', 'answer in JSON, or as the JSON Schema in a file says')
    .option('--stop <text>', 'end the answer where this would come; again for more', collect)
    .option('--think <level>', 'on, off, low, medium, high or max')
    .option(
      '--context <tokens>',
      'context length; by default one that the prompt fits into',
      number(1, 16_777_216),
    )
    .option('--truncate', 'cut a prompt that is longer than every context, instead of failing')
    .option('--no-truncate', 'fail also where a text to embed is too long')
    .option('--metadata <name=value>', 'kept with the job, or all as a JSON object; again for more', collect)
    .option('--fallback <model>', 'another model that will do; again for more, the most liked first', collect)
    .option('--fallback-after <time>', 'how long to wait for a better one, such as 30s')
    .option('--deadline <when>', 'give up by then: 2h from now, 18:30, or 2030-01-31T12:00');
}

function addLooking(program: Command, terminal: Terminal, run: Run): void {
  withConnection(program.command('jobs').description('list jobs, newest first'))
    .option('--status <status>', 'only these; again for more', collect)
    .option('--model <name>', 'only of these models; again for more', collect)
    .option('--batch <id>', 'only of this batch')
    .option('--limit <count>', 'at most so many', number(1, 10_000), 20)
    .option('--json', 'print JSON, one job a line')
    .action((options) => run(async () => (await import('../jobs/jobs.ts')).listJobs(options, terminal)));
  withConnection(
    program
      .command('export')
      .description('print all jobs with their answers as JSON, one a line, newest first'),
  )
    .option('--status <status>', 'only these; again for more', collect)
    .action((options) => run(async () => (await import('../jobs/export.ts')).exportJobs(options, terminal)));
  withConnection(
    program
      .command('job')
      .description('show a job: why it waits, its attempts, its result; or a batch: how far it is')
      .argument('<id>', ID),
  )
    .option('--json', 'print JSON')
    .action((id, options) =>
      run(async () => (await import('../jobs/job.ts')).printJob(id, options, terminal)),
    );
}

function addFollowing(program: Command, terminal: Terminal, run: Run): void {
  withConnection(
    program
      .command('wait')
      .description('wait until jobs have ended; fails unless all are complete')
      .argument('<id...>', IDS),
  )
    .option('--json', 'print the end of each job as JSON, one a line')
    .action((ids, options) =>
      run(async () => (await import('../jobs/wait.ts')).waitForJobs(ids, options, terminal)),
    );
  withConnection(
    program
      .command('follow')
      .description('print what a job says while it says it, or the results of a batch as they come')
      .argument('<id>', ID),
  )
    .option('--json', 'print the job, or those of the batch, as JSON once ended, one a line')
    .action((id, options) =>
      run(async () => (await import('../jobs/follow.ts')).follow(id, options, terminal)),
    );
}

function addChanging(program: Command, terminal: Terminal, run: Run): void {
  withConnection(
    program
      .command('cancel')
      .description('cancel jobs, or all unfinished jobs of batches')
      .argument('<id...>', IDS),
  )
    .option('--reason <text>', 'kept with the job')
    .option('--json', 'print JSON, one id a line')
    .action((ids, options) =>
      run(async () => (await import('../jobs/cancel.ts')).cancelJobs(ids, options, terminal)),
    );
  withConnection(
    program
      .command('retry')
      .description('queue failed or cancelled jobs again, or all such jobs of batches')
      .argument('<id...>', IDS),
  )
    .option('--json', 'print JSON, one id a line')
    .action((ids, options) =>
      run(async () => (await import('../jobs/retry.ts')).retryJobs(ids, options, terminal)),
    );
  withConnection(
    program
      .command('priority')
      .description('move waiting jobs, or all waiting jobs of batches, forward or back')
      .usage('[options] <id...> <high|normal|low>')
      .argument('<words...>', `${IDS}; then high, normal or low`),
  )
    .option('--json', 'print JSON, one id a line')
    .action((words, options) =>
      run(async () => (await import('../jobs/priority.ts')).setPriority(words, options, terminal)),
    );
}
