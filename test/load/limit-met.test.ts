import t from 'tap';
import { noFaults } from '../../load/faults.js';
import { limitMet } from '../../load/limit-met.js';
import { verdictLines } from '../../load/result.js';

t.test('HOST-2 a run that met a limit says which, and what to do', async (t) => {
  t.match(
    limitMet('This user already has 100 open sockets (LIMIT_SOCKETS_PER_USER): close one first'),
    /LIMIT_SOCKETS_PER_USER.*LIMITS=off/,
  );
  t.match(limitMet('429  Too many registrations from your address'), /429.*LIMITS=off/);
  t.match(limitMet('an error came: limit_reached'), /limit_reached/);
  t.equal(limitMet('the connection ended'), undefined);
  t.same(verdictLines({ faults: noFaults(), examples: [], worker_cpu: [] }), ['ok', '']);
  t.match(
    verdictLines({
      faults: { ...noFaults(), errors: 1 },
      examples: ['viewer 1 got error: Too many commands (rate_limited)'],
      worker_cpu: [],
    })[0],
    /^FAILED: a limit of the server was met \(rate_limited\)/,
  );
  t.equal(
    verdictLines({
      faults: { ...noFaults(), errors: 1 },
      examples: ['viewer 1 got error: not_found'],
      worker_cpu: [],
    })[0],
    'FAILED: the server did something wrong',
  );
});
