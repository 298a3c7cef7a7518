/** An image that is kept by its content. */
import { imagePath } from '../../domain/image.ts';
import { NodeRef } from '../node.ts';
import { ImageRef } from '../refs.ts';

ImageRef.implement({
  description: 'An image, kept once whoever refers to it.',
  interfaces: [NodeRef],
  fields: (t) => ({
    base64: t.string({
      description: 'The image itself. Large: pages take it from `path` instead.',
      async resolve({ bytes, hash }, _args, { answer, store }, info) {
        await answer.take(Math.ceil((4 * bytes) / 3), info);
        return Buffer.from((await store.blob(hash)) ?? []).toString('base64');
      },
    }),
    bytes: t.expose('bytes', { type: 'Bytes' }),
    mediaType: t.exposeString('mediaType', { description: 'By its bytes, such as `image/png`.' }),
    path: t.string({
      description:
        'Where this server sends it to those who may see it: `/images/img_…`, by the same key. It never changes, so it may be kept for ever.',
      resolve: ({ id }) => imagePath(id),
    }),
  }),
});
