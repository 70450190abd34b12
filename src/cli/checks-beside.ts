/** Checks of a data folder in threads of their own, beside the check of the log's events: each reads the whole log. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type FaultyLog, integrityFaultIn } from '../log/sqlite/verification.js';
import { type Anchor, type EvidenceFolder, type EvidenceReport, verifyEvidence } from './evidence-verification.js';

type Check =
  | { readonly kind: 'evidence'; readonly evidence: EvidenceFolder; readonly anchors: readonly Anchor[] }
  | { readonly kind: 'file'; readonly logFile: string };

type Outcome = { readonly found: EvidenceReport | FaultyLog | undefined } | { readonly message: string };

/** As verifyEvidence. */
export const verifyEvidenceBeside = (evidence: EvidenceFolder, anchors: readonly Anchor[]): Promise<EvidenceReport> =>
  inThread({ kind: 'evidence', evidence, anchors }) as Promise<EvidenceReport>;

/** SQLite's own check of the log's file. */
export const integrityFaultBeside = (logFile: string): Promise<FaultyLog | undefined> =>
  inThread({ kind: 'file', logFile }) as Promise<FaultyLog | undefined>;

function inThread(check: Check): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: check, execArgv: [] });
    thread.on('error', reject);
    thread.on('message', (outcome: Outcome) => {
      if ('found' in outcome) resolve(outcome.found);
      else reject(new Error(outcome.message));
    });
  });
}

const foundBy = async (check: Check): Promise<EvidenceReport | FaultyLog | undefined> =>
  check.kind === 'file'
    ? integrityFaultIn(check.logFile)
    : verifyEvidence(check.evidence, check.anchors, () => undefined);

async function runInThread(): Promise<void> {
  let outcome: Outcome;
  try {
    outcome = { found: await foundBy(workerData as Check) };
  } catch (error) {
    outcome = { message: (error as Error).message };
  }
  parentPort?.postMessage(outcome);
}

if (!isMainThread) void runInThread();
