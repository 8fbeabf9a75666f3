/*
 * Long work in slices: it says at which places it may pause, and whoever runs it decides whether it does. Pure work
 * stays pure, and a service answers others meanwhile.
 */
export { atOnce, inSlices, type Sliced } from './slices.js';
