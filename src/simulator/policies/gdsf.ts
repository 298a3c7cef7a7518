/**
 * First come, first served, with GreedyDual-Size-Frequency (Cherkasova 1998): a model is worth uses × load time / bytes above the worth of what
 * went last, and the least worthy goes.
 */
import { loadMsAlone } from '../machine/settings.ts';
import { idleFirst, untilEnough } from '../server/rules.ts';
import type { Runner } from '../server/runner.ts';
import { evictionRules } from './eviction-rules.ts';
import { requestContender } from './request-contender.ts';

export const gdsf = requestContender((stage) => {
  const { settings } = stage.machine;
  const worth = new Map<Runner, number>();
  let floor = 0;
  const worthOf = (runner: Runner) => worth.get(runner) ?? 0;
  return evictionRules(stage, {
    used: (runner) => {
      const { bytes, weightsBytes } = runner.model;
      worth.set(runner, floor + (runner.uses * loadMsAlone(settings, weightsBytes)) / bytes);
    },
    victims: (question) => {
      const victims = untilEnough(
        idleFirst(question.runners, (a, b) => worthOf(a) - worthOf(b)),
        question,
      );
      for (const victim of victims) {
        floor = Math.max(floor, worthOf(victim));
        worth.delete(victim);
      }
      return victims;
    },
  });
});
