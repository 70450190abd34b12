/** Somebody by name as far as that is known; the id when pointed at. */
import { knownName } from '../state/names.js';

export const Person = ({ id }: { id: string }) => (
  <bdi title={id} data-id={id}>
    {knownName(id)}
  </bdi>
);
