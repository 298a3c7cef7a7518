/** Reading the settings again. */
import type { Reloaded } from '../../domain/reload.ts';
import { builder } from '../builder.ts';
import { resultUnion } from '../result-union.ts';
import { InvalidSetting } from '../types/user-errors.ts';

const ReloadConfigurationResult = resultUnion(
  'ReloadConfigurationResult',
  builder.objectRef<Reloaded>('ReloadConfigurationPayload').implement({
    description:
      'They are in force. Whose key is gone, has expired or may something else has no open socket or stream any more.',
    fields: (t) => ({
      clients: t.exposeInt('clients', { description: 'Clients with an entry of their own.' }),
      keys: t.exposeInt('keys', { description: 'Keys that are in force.' }),
      needRestart: t.exposeStringList('needRestart', {
        description: 'Settings that have changed, too, and wait for a restart of the server.',
      }),
    }),
  }),
  [InvalidSetting],
);

builder.mutationFields((t) => ({
  reloadConfiguration: t.field({
    type: ReloadConfigurationResult.ref,
    description:
      'Read the settings again, and put into force who may come in (`keys`, `anonymous`) and what single clients may take (`clients`). Takes the scope `ADMIN`.',
    resolve: (_root, _args, { configuration }) =>
      ReloadConfigurationResult.settle(() => configuration.reload()),
  }),
}));
