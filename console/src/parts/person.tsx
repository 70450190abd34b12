/** Somebody by name, as far as the server tells it; why not, when pointed at. `isAudited`: the name is asked for as auditors do. */
import { nameOf, whyNameless } from '../state/names.js';

export const Person = ({ id, isAudited = false }: { id: string; isAudited?: boolean }) => (
  <bdi title={whyNameless(id)} data-id={id}>
    {nameOf(id, isAudited)}
  </bdi>
);
