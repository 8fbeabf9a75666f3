/*
 * zedagent's configuration as NIM and zedrouter follow it: its stream, read and interpreted in slices.
 */
export { followConfiguration, type FollowConfigurationOptions } from './follow-configuration.js';
