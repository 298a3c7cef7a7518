/** Images handed in by themselves. */
import type { StoredImage } from '../../domain/image.ts';
import { builder } from '../builder.ts';
import { ImageRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import { ImageQuotaExceeded, InvalidInput, StoreUnwritable } from '../types/user-errors.ts';

const StoreImageInput = builder.inputType('StoreImageInput', {
  description: 'An image to be kept.',
  fields: (t) => ({
    base64: t.string({
      required: true,
      description:
        'PNG, JPEG, WebP, GIF or BMP of at most 20 MiB. One that is too large for a request of this API goes to `POST /images`, as it is.',
    }),
  }),
});

const StoreImageResult = resultUnion(
  'StoreImageResult',
  builder.objectRef<{ readonly image: StoredImage }>('StoreImagePayload').implement({
    description: 'The image is on disk.',
    fields: (t) => ({ image: t.expose('image', { type: ImageRef }) }),
  }),
  [ImageQuotaExceeded, InvalidInput, StoreUnwritable],
);

builder.mutationField('storeImage', (t) =>
  t.field({
    type: StoreImageResult.ref,
    description:
      'Keep an image so that jobs can name it by its id, however many they are. The same image again is the same one. Forgotten an hour after nothing refers to it any more.',
    args: { input: t.arg({ type: StoreImageInput, required: true }) },
    resolve: (_root, { input }, { images, principal }) =>
      StoreImageResult.settle(async () => ({ image: await images.keep(principal, input.base64) })),
  }),
);
