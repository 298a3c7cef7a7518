/** `vramkeeper doctor`: looks at everything that the server will need, and says what to change. */
import { type Clock, systemClock } from '../../clock.ts';
import type { LoadedConfig } from '../../config/config.ts';
import { type Flags, loadConfig } from '../../config/load.ts';
import { messageOf } from '../../domain/errors.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wrapped } from '../terminal/wrapped.ts';
import { checkBackend } from './doctor-backend.ts';
import { checkDataDir, checkNode, checkPort } from './doctor-host.ts';
import { checkManaged } from './doctor-managed.ts';
import { checkMode } from './doctor-mode.ts';
import { checkStore } from './doctor-store.ts';
import { checkTakeover } from './doctor-takeover.ts';
import type { Finding } from './finding.ts';

const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

export async function doctor(
  flags: Flags,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const findings: Finding[] = [];
  const say = (finding: Finding) => {
    findings.push(finding);
    print(finding, terminal);
  };
  say(checkNode(process.versions.node));
  const config = await readConfig(flags, say);
  if (config) {
    say(await checkDataDir(config.dataDir));
    if (config.store) for (const finding of await checkStore(config.store, clock)) say(finding);
    say(await checkPort(config.host, config.port));
    say(await checkTakeover(config, clock));
    const mode = await checkMode(config, clock);
    for (const finding of mode.findings) say(finding);
    for (const backend of mode.config.backends) {
      const check = backend.managed ? checkManaged : checkBackend;
      for (const finding of await check(backend, mode.config, clock)) say(finding);
    }
  }
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  terminal.outLine(`\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} to repair`);
  return count('fail') > 0 ? EXIT.failed : EXIT.done;
}

async function readConfig(flags: Flags, say: (finding: Finding) => void): Promise<LoadedConfig | null> {
  try {
    const config = await loadConfig(flags);
    say({
      level: 'ok',
      subject: 'settings',
      text: config.configFile ?? 'no vramkeeper.yaml here: defaults, environment and flags',
    });
    return config;
  } catch (error) {
    for (const line of messageOf(error).split('\n')) say({ level: 'fail', subject: 'settings', text: line });
    return null;
  }
}

const INDENT = 17;

function print(finding: Finding, terminal: Terminal): void {
  const level = terminal.style(STYLES[finding.level], finding.level.padEnd(4));
  const line = `${level}  ${finding.subject.padEnd(10)} ${finding.text}`;
  terminal.outLine(wrapped(line, terminal.columns, INDENT));
}
