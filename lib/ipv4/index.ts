/*
 * IPv4 addresses and networks as texts and as numbers. Pure.
 */
export {
  addressNumber,
  ipv4Mask,
  ipv4Network,
  ipv4Number,
  ipv4Text,
  networkOf,
  overlap,
  type Ipv4Network,
  type Ipv4Range,
} from './ipv4.js';
