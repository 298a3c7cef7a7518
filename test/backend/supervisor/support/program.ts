/** A program to be supervised: serves HTTP and misbehaves as its flags say. Run as `node program.ts FLAG…`. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const flags = new Map(
  process.argv.slice(2).map((flag) => {
    const [name = '', value = ''] = flag.split('=');
    return [name, value] as const;
  }),
);
const has = (name: string) => flags.has(name);
const text = (name: string) => flags.get(name) ?? '';

if (has('ignore-term')) process.on('SIGTERM', () => console.log('SIGTERM ignored'));
if (has('crash')) process.abort();
if (has('exit')) {
  console.error('cannot go on');
  process.exit(Number(text('exit')));
}

// What an engine is to its server: a child that lives on when its parent dies, with streams of its own left open.
function bear(): void {
  const child = spawn(
    process.execPath,
    [import.meta.filename, 'idle', ...(has('stubborn-children') ? ['ignore-term'] : [])],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: has('detached-children'),
      ...(has('unmarked-children') && { env: {} }),
    },
  );
  console.log(`child ${child.pid}`);
}
for (let number = 0; number < Number(text('children') || 0); number += 1) bear();

function flood(left: number, over: () => void): void {
  const line = `${'x'.repeat(200)}\n`;
  let rest = left;
  for (let i = 0; i < 200 && rest > 0; i += 1, rest -= line.length) process.stdout.write(line);
  if (rest > 0) setImmediate(flood, rest, over);
  else over();
}

if (has('idle')) setInterval(() => {}, 60_000);
else if (!has('silent')) {
  const server = createServer((request, response) => {
    if (request.url === '/environment') response.end(JSON.stringify(process.env));
    else if (request.url?.startsWith('/print/')) {
      console.log(request.url.slice('/print/'.length));
      response.end();
    } else if (request.url?.startsWith('/flood/')) {
      flood(Number(request.url.slice('/flood/'.length)), () => response.end());
    } else if (request.url === '/child') {
      bear();
      response.end();
    } else if (request.url === '/exit') process.exit(3);
    else response.end('here');
  });
  server.on('error', (error) => {
    console.error(error.message);
    if (!has('stay-without-port')) process.exit(1);
  });
  server.listen(Number(text('port') || 0), '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    // In two pieces: whoever reads must wait for the end of the line.
    process.stdout.write(`Listening on 127.0.0.1:${String(port).slice(0, 2)}`);
    setTimeout(
      () => process.stdout.write(`${String(port).slice(2)} (ready)\n`),
      Number(text('piece-delay') || 5),
    );
  });
} else setInterval(() => {}, 60_000);
