/** Which media types an Accept header wants. */
import t from 'tap';
import { acceptedTypes } from '../../src/http/accepted-types.js';

t.test('HTTP-19 media types by their quality; what has the quality 0 is not wanted', async (t) => {
  for (const [accept, types] of [
    ['text/csv', ['text/csv']],
    ['text/csv;q=0', []],
    ['text/csv;q=0.000, */*;q=0.1', ['*/*']],
    ['text/csv;q=0.5, application/x-ndjson', ['application/x-ndjson', 'text/csv']],
    ['Text/CSV ; header=present ; Q=0.9, a/b; q=0.95', ['a/b', 'text/csv']],
    ['a/b, c/d', ['a/b', 'c/d']],
    ['a/b;q=much', []],
  ] as const)
    t.same(acceptedTypes(accept), types, accept);
});
