export function JobPage({ id }: { readonly id: string }) {
  return <p>{id}</p>;
}
