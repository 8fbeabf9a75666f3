import { DetectionRig } from './rig.js';

/** Work that needs a lab to itself. */
export type LabWork = (rig: DetectionRig) => Promise<void>;

/**
 * Does all of it, in so many labs side by side: most of the time they wait for something that takes seconds, and
 * disturb each other little. A part that fails says why, and the others go on in a lab of their own. @returns whether
 * all went well
 */
export async function inLabs(works: readonly LabWork[], labs: number): Promise<boolean> {
  const waiting = [...works];
  let good = true;
  const inLab = async (index: number): Promise<void> => {
    while (waiting.length > 0) {
      const rig = await DetectionRig.launch(`detection-${index}`);
      try {
        for (let work = waiting.shift(); work !== undefined; work = waiting.shift()) await work(rig);
      } catch (error) {
        good = false;
        console.error(error);
        console.error((await rig.account()).join('\n'));
      } finally {
        await rig.destroy();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(labs, works.length) }, (_, index) => inLab(index)));
  return good;
}
