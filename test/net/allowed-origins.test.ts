import t from 'tap';
import { AllowedOrigins } from '../../src/net/allowed-origins.js';

t.test('HTTP-11 what is no origin is refused with a sentence that says what would be right', async (t) => {
  for (const [origin, sentence] of [
    ['https://desk.example.com/', /write https:\/\/desk\.example\.com$/],
    ['https://desk.example.com/app', /write https:\/\/desk\.example\.com$/],
    ['HTTPS://Desk.Example.com', /write https:\/\/desk\.example\.com$/],
    ['https://desk.example.com:443', /write https:\/\/desk\.example\.com$/],
    ['http://desk.example.com:80', /write http:\/\/desk\.example\.com$/],
    ['desk.example.com', /or \* for every origin/],
    ['', /is not an origin/],
    ['null', /is not an origin/],
    ['https://*.example.com', /or \* for every origin/],
    ['file:///x', /is not an origin/],
    ['https://user@desk.example.com', /write https:\/\/desk/],
  ] as const)
    t.throws(() => new AllowedOrigins([origin]), sentence, origin);
  t.throws(() => new AllowedOrigins(['*', 'https://desk.example.com']), /\* allows every origin/);
});

t.test('HTTP-11 an origin is allowed as it is listed, and no other', async (t) => {
  const origins = new AllowedOrigins(['https://desk.example.com', 'http://localhost:8000']);
  for (const [origin, allowed] of [
    ['https://desk.example.com', true],
    ['http://localhost:8000', true],
    ['http://desk.example.com', false],
    ['https://desk.example.com.evil.example', false],
    ['https://desk.example.com:8443', false],
    ['http://localhost', false],
    ['null', false],
    ['', false],
  ] as const)
    t.equal(origins.allows(origin), allowed, origin);
  t.ok(new AllowedOrigins(['*']).allows('https://anywhere.example'));
  t.notOk(new AllowedOrigins([]).allows('https://anywhere.example'));
});

t.test(
  'WIRE-8 a socket is open to programs, to listed origins and to the own one; to all where none is listed',
  async (t) => {
    const origins = new AllowedOrigins(['https://desk.example.com']);
    const cases: [origin: string, host: string, allowed: boolean][] = [
      ['', 'alarms.example.com', true],
      ['https://desk.example.com', 'alarms.example.com', true],
      ['https://alarms.example.com', 'alarms.example.com', true],
      ['https://alarms.example.com', 'alarms.example.com:443', true],
      ['http://127.0.0.1:8080', '127.0.0.1:8080', true],
      ['http://127.0.0.1', '127.0.0.1:80', true],
      ['https://alarms.example.com', 'ALARMS.example.com', true],
      ['https://other.example.com', 'alarms.example.com', false],
      ['http://127.0.0.1:8000', '127.0.0.1:8080', false],
      ['null', 'alarms.example.com', false],
      ['https://alarms.example.com', 'alarms.example.com:8443', false],
    ];
    for (const [origin, host, allowed] of cases)
      t.equal(origins.allowsSocket(origin, host), allowed, `${origin} at ${host}`);
    t.ok(new AllowedOrigins([]).allowsSocket('https://other.example.com', 'alarms.example.com'));
  },
);
