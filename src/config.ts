/** The environment: every variable that the server reads, its valid values, and its default. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import './domain/validation-messages.js';
import { type Limits, limitSettings, limitsOf } from './limits.js';
import { AllowedOrigins } from './net/allowed-origins.js';
import { allowedTargets } from './net/inner-addresses.js';
import { nearestName } from './net/nearest-name.js';
import { createClientAddress } from './net/trusted-proxies.js';

/** An empty value counts as unset: a line `PORT=` in a .env file means the default. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

/** 0: no limit. */
const limit = optional(integer(0, 1_000_000_000));

/** Comma-separated entries. `check` throws with a sentence for a wrong one. */
const listOf = (check: (entries: readonly string[]) => unknown) =>
  optional(
    z.string().transform((text, context) => {
      const entries = text.split(',').map((entry) => entry.trim());
      try {
        check(entries);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
      }
      return entries;
    }),
  );

const Environment = z
  .object({
    HOST: optional(z.string()),
    PORT: optional(integer(0, 65_535)),
    JWT_SECRET_KEY: optional(z.string()),
    TOKEN_EXPIRE_MINUTES: optional(integer(1, 525_600)),
    SESSION_EXPIRE_DAYS: optional(integer(1, 365)),
    DATA_DIR: optional(z.string()),
    EVENT_STORE: optional(
      z
        .string()
        .regex(/^esdb(\+discover)?:\/\//, 'must be an EventStoreDB connection string: esdb://…')
        .refine(
          (text) => !/throwOnAppendFailure=false/i.test(text),
          'throwOnAppendFailure=false makes the client invent revisions: leave it out',
        ),
    ),
    EVENT_STORE_PREFIX: optional(
      z.string().regex(/^[a-z0-9]{1,32}-$/, 'must be 1 to 32 of a–z and 0–9, and end with a hyphen'),
    ),
    EVIDENCE_KEY_FILE: optional(z.string()),
    TLS_CERT_FILE: optional(z.string().refine(existsSync, 'there is no such file')),
    TLS_KEY_FILE: optional(z.string().refine(existsSync, 'there is no such file')),
    TRUSTED_PROXIES: listOf(createClientAddress),
    ALLOWED_ORIGINS: listOf((origins) => new AllowedOrigins(origins)),
    REGISTRATION: optional(z.enum(['open', 'invite', 'closed'], 'must be open, invite or closed')),
    METRICS_PORT: optional(integer(0, 65_535)),
    METRICS_HOST: optional(z.string()),
    METRICS_TOKEN: optional(
      z.string().regex(/^[\x21-\x7e]{16,512}$/, 'must be 16 to 512 printable ASCII characters without spaces'),
    ),
    WEBHOOK_ALLOW: listOf(allowedTargets),
    LIMITS: optional(z.enum(['on', 'off'], 'must be on or off')),
    ...limitSettings(limit),
    LOG_LEVEL: optional(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])),
    NODE_ENV: optional(z.string()),
  })
  .refine(({ TLS_CERT_FILE, TLS_KEY_FILE }) => (TLS_CERT_FILE === undefined) === (TLS_KEY_FILE === undefined), {
    path: ['TLS_CERT_FILE'],
    message: 'TLS_CERT_FILE and TLS_KEY_FILE must be set both or neither',
  });

export interface Config {
  readonly host: string;
  /** 0: any free port, for tests. */
  readonly port: number;
  readonly jwtSecret: string | undefined;
  /** Lifetime of a token, in minutes. */
  readonly tokenExpireMinutes: number;
  /** Lifetime of a session, in days from its login. Its tokens expire with it at the latest. */
  readonly sessionExpireDays: number;
  readonly dataDir: string;
  /** EventStoreDB as the log, shared with other nodes; undefined: the SQLite log in `dataDir`. */
  readonly eventStore: { readonly connectionString: string; readonly prefix: string } | undefined;
  /** A file with the key that the evidence is signed with; undefined: in `dataDir`. */
  readonly evidenceKeyFile: string | undefined;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Proxies whose X-Forwarded-For is trusted: addresses and networks. */
  readonly trustedProxies: readonly string[];
  /** Origins of web pages that may use this server; `*`: any. */
  readonly allowedOrigins: readonly string[];
  /** Who may register: everybody, whoever has an invitation, or nobody. */
  readonly registration: 'open' | 'invite' | 'closed';
  /** Of what is watched. `port` undefined: on the port of the API. */
  readonly metrics: { readonly port: number | undefined; readonly host: string; readonly token: string | undefined };
  /** Addresses, networks and host names that webhooks may be sent to although they are inner ones. */
  readonly webhookAllow: readonly string[];
  readonly limits: Limits;
  readonly logLevel: string;
  /** Whether to start although the machine's clock is far behind the log (`--accept-clock`). */
  readonly acceptClock?: boolean;
  readonly production: boolean;
}

/** The files in the data folder. The read model may be deleted at any time; the log may not. */
export const logFile = (dataDir: string): string => join(dataDir, 'log.db');
export const readModelFile = (dataDir: string): string => join(dataDir, 'read-model.db');

/** The process's environment, plus the variables of a .env file in the working folder. */
export function environment(): NodeJS.ProcessEnv {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return process.env;
}

/** Reads the configuration. Throws with a sentence for each wrong value that names the variable, not its value. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success)
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  const { data } = parsed;
  if (data.EVENT_STORE?.includes('@') && /esdb|\*/.test(environment['DEBUG'] ?? ''))
    throw new Error('DEBUG: it would print the password in EVENT_STORE; unset it');
  return {
    host: data.HOST ?? '0.0.0.0',
    port: data.PORT ?? 8080,
    jwtSecret: data.JWT_SECRET_KEY,
    tokenExpireMinutes: data.TOKEN_EXPIRE_MINUTES ?? 60,
    sessionExpireDays: data.SESSION_EXPIRE_DAYS ?? 7,
    dataDir: data.DATA_DIR ?? './data',
    eventStore:
      data.EVENT_STORE === undefined
        ? undefined
        : { connectionString: data.EVENT_STORE, prefix: data.EVENT_STORE_PREFIX ?? '' },
    evidenceKeyFile: data.EVIDENCE_KEY_FILE,
    tls:
      data.TLS_CERT_FILE === undefined || data.TLS_KEY_FILE === undefined
        ? undefined
        : { certFile: data.TLS_CERT_FILE, keyFile: data.TLS_KEY_FILE },
    trustedProxies: data.TRUSTED_PROXIES ?? [],
    allowedOrigins: data.ALLOWED_ORIGINS ?? [],
    registration: data.REGISTRATION ?? 'open',
    metrics: { port: data.METRICS_PORT, host: data.METRICS_HOST ?? '127.0.0.1', token: data.METRICS_TOKEN },
    webhookAllow: data.WEBHOOK_ALLOW ?? [],
    limits: limitsOf(data, data.LIMITS === 'off'),
    logLevel: data.LOG_LEVEL ?? 'info',
    production: data.NODE_ENV === 'production',
  };
}

/** Prefixes of variables that are meant for this server. */
const OWN_PREFIXES = [
  'LIMIT_',
  'JWT_',
  'TLS_',
  'TOKEN_EXPIRE',
  'SESSION_EXPIRE',
  'EVENT_STORE',
  'EVIDENCE_',
  'TRUSTED_PROX',
  'ALLOWED_ORIGIN',
  'REGISTRATION',
  'METRICS_',
  'DATA_DIR',
];

/** Variables of other programs whose names are similar to one of ours. */
const OTHERS = new Set(['SSL_CERT_FILE', 'SSL_CERT_DIR', 'POST', 'HOME', 'PORTS', 'HOSTS']);

/** A sentence for each variable that the server does not read but that looks as if it was meant for it. Values are not included. */
export function unknownSettings(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.keys(Environment.shape);
  return Object.keys(environment).flatMap((name) => {
    if (known.includes(name) || OTHERS.has(name) || name.length > 64) return [];
    // A short name is similar to too many others.
    const nearest = nearestName(name, known, Math.floor(name.length / 4));
    const isOurs = OWN_PREFIXES.some((prefix) => name.toUpperCase().startsWith(prefix));
    if (nearest === undefined && !isOurs) return [];
    const [prefix = ''] = name.toUpperCase().split('_');
    const family = known.filter((one) => one.startsWith(prefix));
    const meant = nearest ?? nearestName(name, family, 64);
    return [
      `${name} is no setting of this server, and nothing reads it${meant === undefined ? '' : `: ${meant} was probably meant`}`,
    ];
  });
}
