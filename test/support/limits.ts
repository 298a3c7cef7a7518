/**
 * How long the tests wait. None of these is a claim about speed: a machine with twenty other things to do must pass too.
 * What has a real limit of time of its own is tested on a virtual clock.
 */

/** For one state (see eventually.ts). Below a test's own limit, so that its words are what a failed test shows. */
export const STATE_MS = 150_000;
/** For what was told to end and is on its way. */
export const ENDING_MS = 30_000;
/** For one test or one hook. */
export const TEST_MS = 180_000;
/** For one test of a campaign: hundreds of kills, say. */
export const CAMPAIGN_MS = 1_800_000;
