import { DetectionRig } from './rig.js';

/** Work that needs a lab to itself. */
export type LabWork = (rig: DetectionRig) => Promise<void>;

/**
 * Does all of it, in so many labs side by side: most of the time they wait for something that takes seconds, and disturb each other
 * little. Every lab goes down, whatever happens. @throws what the first failed with
 */
export async function inLabs(works: readonly LabWork[], labs: number): Promise<void> {
  const waiting = [...works];
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(labs, works.length) }, async (_, index) => {
      const rig = await DetectionRig.launch(`detection-${index}`);
      try {
        for (let work = waiting.shift(); work !== undefined; work = waiting.shift()) await work(rig);
      } catch (error) {
        // The others would be of no use.
        waiting.splice(0);
        console.error((await rig.lab.exec('device', ['sh', '-c', `tail -n 20 ${rig.lab.folder}/serve*.log`])).stdout);
        throw error;
      } finally {
        await rig.destroy();
      }
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
