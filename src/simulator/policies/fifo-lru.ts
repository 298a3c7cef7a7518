/** First come, first served; the least recently used goes. */
import { idleFirst, untilEnough } from '../server/rules.ts';
import { evictionRules } from './eviction-rules.ts';
import { requestContender } from './request-contender.ts';

export const fifoLru = requestContender((stage) =>
  evictionRules(stage, {
    victims: (question) =>
      untilEnough(
        idleFirst(question.runners, (a, b) => a.lastUsedMs - b.lastUsedMs),
        question,
      ),
  }),
);
