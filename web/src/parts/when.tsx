import { useFormat } from '../language/format.ts';

/** How long ago something was, or how soon it will be; the moment itself on the pointer. */
export function When({ at }: { at: string | null | undefined }) {
  const format = useFormat();
  if (at === null || at === undefined) return <>–</>;
  return (
    <time dateTime={at} title={format.moment(at)}>
      {format.ago(at)}
    </time>
  );
}
