/** Images by their content: handed in as they are, and sent to those who may see them. */
import { ImageQuotaError, type ImageService } from '../../accept/image-service.ts';
import { InvalidInputError, StoreUnwritableError } from '../../domain/errors.ts';
import { IMAGES_PATH, imagePath, MOST_IMAGE_BYTES } from '../../domain/image.ts';
import type { LargeAnswers } from '../../graphql/answer-budget.ts';
import { knows } from '../etag.ts';
import { HttpRefusal } from '../refusal.ts';
import { SECURE_HEADERS, sendJson } from '../respond.ts';
import type { Route } from '../route.ts';

/** What has an id has one content for ever, and is for its caller alone. */
const FOR_EVER = 'private, max-age=31536000, immutable';

/** @param places an image is in memory until its caller has it, as other large answers are */
export function imageRoutes(images: ImageService, places: LargeAnswers): readonly Route[] {
  return [
    {
      path: IMAGES_PATH,
      methods: ['POST'],
      // The image as it is, which needs no room for base64.
      bodyBytes: MOST_IMAGE_BYTES,
      async handle({ body, principal, response }) {
        const sent = await body();
        try {
          const image = await images.keep(principal, sent.take());
          const { id, bytes, mediaType } = image;
          sendJson(response, 201, { id, bytes, mediaType, path: imagePath(id) });
        } catch (error) {
          throw refusalOf(error);
        }
      },
    },
    {
      path: `${IMAGES_PATH}/*`,
      methods: ['GET'],
      async handle({ gone, principal, request, response, url }) {
        const image = await images.find(principal, url.pathname.slice(IMAGES_PATH.length + 1));
        if (!image) throw noSuchImage();
        const etag = `"${image.id}"`;
        const known = { ...SECURE_HEADERS, 'cache-control': FOR_EVER, etag };
        if (knows(request.headers['if-none-match'], etag)) {
          response.writeHead(304, known);
          response.end();
          return;
        }
        const headers = { ...known, 'content-type': image.mediaType, 'content-length': image.bytes };
        if (request.method === 'HEAD') {
          response.writeHead(200, headers);
          response.end();
          return;
        }
        await places.enter(principal.client, gone);
        const bytes = await images.bytesOf(image);
        if (!bytes) throw noSuchImage();
        response.writeHead(200, headers);
        response.end(bytes);
      },
    },
  ];
}

function noSuchImage(): HttpRefusal {
  return new HttpRefusal(
    'NOT_FOUND',
    'There is no such image. They are forgotten an hour after nothing refers to them any more.',
  );
}

function refusalOf(error: unknown): unknown {
  if (error instanceof InvalidInputError)
    return new HttpRefusal('BAD_REQUEST', `The body ${error.issues.map(({ message }) => message).join(' ')}`);
  if (error instanceof ImageQuotaError) return new HttpRefusal('QUOTA_EXCEEDED', error.message);
  if (error instanceof StoreUnwritableError) return new HttpRefusal('STORE_UNWRITABLE', error.message);
  return error;
}
