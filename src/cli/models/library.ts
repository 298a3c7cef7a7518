/** `vramkeeper copy` and `delete`. */
import { CopyModel, DeleteModel } from '../../client/model-documents.ts';
import { connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type BackendOptions, backendIdOf } from './backend-option.ts';

export async function copyModel(
  source: string,
  destination: string,
  options: BackendOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const backendId = await backendIdOf(api, options);
    const input = { source, destination, backendId };
    const { copyModel: answer } = await api.request(CopyModel, { input });
    if (answer.__typename !== 'CopyModelPayload') throw new CommandError(answer.message);
    terminal.outLine(`${source} is also ${answer.model.name} now.`);
    return EXIT.done;
  });
}

export async function deleteModels(
  names: readonly string[],
  options: BackendOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const backendId = await backendIdOf(api, options);
    let exit: ExitCode = EXIT.done;
    for (const model of names) {
      const { deleteModel: answer } = await api.request(DeleteModel, { input: { model, backendId } });
      if (answer.__typename === 'DeleteModelPayload') terminal.outLine(`${model} is deleted.`);
      else {
        terminal.note(answer.message);
        exit = EXIT.failed;
      }
    }
    return exit;
  });
}
