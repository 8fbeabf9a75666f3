export { parseLinks, type IpLink } from './links.js';
export { parseAddresses, type IpAddress, type IpLinkWithAddresses } from './addresses.js';
export { parseRoutes, type IpNextHop, type IpRoute } from './routes.js';
export { parseRules, type IpRule } from './rules.js';
export { mainTable, unspecifiedProtocol } from './rtnetlink-names.js';
