/** What the flags of `chat` and `run` set at the start. */
import type { JobPriority } from '../../domain/job.ts';
import type { ConnectionOptions } from '../connection.ts';
import { parsePriority } from '../jobs/priority-name.ts';
import { thinkLevelOf } from '../jobs/think-level.ts';
import { parseFormat } from '../submit/job-defaults.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type Conversation, newConversation } from './conversation.ts';

export interface ChatFlags extends ConnectionOptions {
  readonly system?: string;
  readonly format?: string;
  readonly think?: string;
  readonly hidethinking?: boolean;
  readonly verbose?: boolean;
  /** False with `--nowordwrap`. */
  readonly nowordwrap?: boolean;
  readonly keepalive?: string;
  readonly priority?: string;
}

export interface ChatSettings {
  readonly priority: JobPriority;
  readonly hideThinking: boolean;
  readonly verbose: boolean;
  readonly wordWrap: boolean;
}

/** @throws UsageError, and CommandError for a file that cannot be read */
export async function startOf(
  model: string,
  flags: ChatFlags,
): Promise<{ readonly conversation: Conversation; readonly settings: ChatSettings }> {
  const { system, format, think, priority } = flags;
  return {
    conversation: {
      ...newConversation(model),
      system: system ?? null,
      format: format === undefined ? null : await parseFormat(format),
      think: think === undefined ? null : thinkLevelOf(think),
    },
    settings: {
      // Somebody sits there and waits.
      priority: priority === undefined ? 'HIGH' : parsePriority(priority),
      hideThinking: flags.hidethinking ?? false,
      verbose: flags.verbose ?? false,
      wordWrap: !(flags.nowordwrap ?? false),
    },
  };
}

/** Programs that are used to `ollama run` give it. */
export function noteKeepAlive({ keepalive }: ChatFlags, terminal: Terminal): void {
  if (keepalive !== undefined)
    terminal.note(
      '--keepalive changes nothing: the server decides how long models stay in memory. "vramkeeper pin" keeps one there.',
    );
}
