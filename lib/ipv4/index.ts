/*
 * IPv4 addresses and networks as texts and as numbers. Pure.
 */
export { addressNumber, ipv4Network, ipv4Number, ipv4Text, networkOf, overlap, type Ipv4Network } from './ipv4.js';
