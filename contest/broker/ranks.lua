-- Write places of a board into its sorted set, unless a later leader has the board's log.
-- KEYS  1 meta of the board's log  2 ranks    ARGV  1 fence  2 'anew': forget all others first, or ''  3 how many pairs follow
--       then pairs place, participant; then participants who are gone
-- Errors: FENCED.
local fence = redis.call('HGET', KEYS[1], 'fence')
if fence and tonumber(fence) > tonumber(ARGV[1]) then
  return redis.error_reply('FENCED ' .. fence)
end
if ARGV[2] == 'anew' then redis.call('DEL', KEYS[2]) end
local last = 3 + 2 * tonumber(ARGV[3])
for at = 4, last, 2 do redis.call('ZADD', KEYS[2], ARGV[at], ARGV[at + 1]) end
for at = last + 1, #ARGV do redis.call('ZREM', KEYS[2], ARGV[at]) end
return 1
