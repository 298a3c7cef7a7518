/** `vramkeeper list`: the models that there are, with the columns of `ollama list`. */
import { type Clock, systemClock } from '../../clock.ts';
import { formatBytes } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import { humanTime } from '../terminal/human-time.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { shortRelative } from '../terminal/when.ts';
import { listedModels, sayNoModels } from './models.ts';

export function listInstalled(
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const models = await listedModels(api);
    if (options.json) for (const model of models) terminal.outLine(JSON.stringify(model));
    else if (models.length === 0) return sayNoModels(api, terminal);
    else
      terminal.outLine(
        fittedTable(
          [
            { head: 'NAME', least: 12 },
            { head: 'ID', rank: 3 },
            { head: 'SIZE', right: true },
            { head: 'MODIFIED', rank: 4 },
            { head: 'PARAMETERS', right: true, rank: 2 },
            { head: 'QUANTIZATION', rank: 1 },
          ],
          cleaned(models).map((model) => [
            model.name,
            shortDigest(model.digest),
            formatBytes(model.diskBytes),
            { long: humanTime(model.modifiedAt, clock), short: shortRelative(model.modifiedAt, clock) },
            model.parameterSize ?? '-',
            model.quantization ?? '-',
          ]),
          terminal.columns,
        ),
      );
    return EXIT.done;
  });
}

/** As Ollama shows it: the first twelve digits. */
export function shortDigest(digest: string | null | undefined): string {
  return digest?.replace(/^sha256:/, '').slice(0, 12) || '-';
}
