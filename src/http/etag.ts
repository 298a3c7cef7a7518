/** Whether a caller has what it asks for already, by `If-None-Match`. What is sent compressed has the same content: a weak tag is as good. */
export function knows(header: string | undefined, etag: string): boolean {
  return (header ?? '')
    .split(',')
    .some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*');
}
