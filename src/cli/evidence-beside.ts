/** Verifies the evidence of a data folder in a thread of its own, beside the check of the log's file: each reads the whole log. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Anchor, type EvidenceFolder, type EvidenceReport, verifyEvidence } from './evidence-verification.js';

interface Start {
  readonly evidence: EvidenceFolder;
  readonly anchors: readonly Anchor[];
}

type Outcome = { readonly report: EvidenceReport } | { readonly message: string };

/** As verifyEvidence. */
export function verifyEvidenceBeside(evidence: EvidenceFolder, anchors: readonly Anchor[]): Promise<EvidenceReport> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), {
      workerData: { evidence, anchors } satisfies Start,
      execArgv: [],
    });
    thread.on('error', reject);
    thread.on('message', (outcome: Outcome) => {
      if ('report' in outcome) resolve(outcome.report);
      else reject(new Error(outcome.message));
    });
  });
}

async function runInThread(): Promise<void> {
  const { evidence, anchors } = workerData as Start;
  let outcome: Outcome;
  try {
    outcome = { report: await verifyEvidence(evidence, anchors, () => undefined) };
  } catch (error) {
    outcome = { message: (error as Error).message };
  }
  parentPort?.postMessage(outcome);
}

if (!isMainThread) void runInThread();
