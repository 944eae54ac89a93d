import { createHash } from 'node:crypto';

/** What Redis does in one step. All keys of one call are in one slot, so a Redis Cluster runs it too. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** The field of the hash that says since when it has been there. No node has this name. */
export const SINCE = '';

/** KEYS: when each lease runs out, the texts. ARGV: node, text, leaseMs, how long the keys outlive the last beat. */
export const BEAT: Script = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], node)
  redis.call('HDEL', KEYS[2], node)
end
local before = redis.call('HGET', KEYS[2], ARGV[1])
redis.call('HSETNX', KEYS[2], '${SINCE}', now)
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return {now, before, redis.call('HGETALL', KEYS[2])}
`);

/** KEYS: when each lease runs out, the texts. ARGV: node. */
export const LEAVE: Script = script(`
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('HDEL', KEYS[2], ARGV[1])
`);

/** KEYS: the record. ARGV: the text before, the text after, ttlMs. */
export const REPLACE: Script = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`);

function script(text: string): Script {
  const lua = text.trim();
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}
