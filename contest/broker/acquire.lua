-- Take the lead of a contest in one role if nobody else has it: a fencing token larger than any before, noted at once in the logs that
-- it guards, so that an earlier leader writes nothing more from this moment on.
-- KEYS  1 leader  2 fence  3 seen  4.. metas of the guarded logs    ARGV  1 owner  2 lease in ms
-- Returns {fence, seen or ''}, or nothing if another leads. What the owner held itself it may take again: its former lead is over. A token is not below the server's clock in microseconds: a server
-- that lost its tail does not give one out again.
local held = redis.call('GET', KEYS[1])
if held and string.match(held, ':(.*)$') ~= ARGV[1] then return false end
local now = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local token = string.format('%.0f', math.max(last + 1, now[1] * 1000000 + now[2]))
redis.call('SET', KEYS[2], token)
redis.call('SET', KEYS[1], token .. ':' .. ARGV[1], 'PX', ARGV[2])
for at = 4, #KEYS do redis.call('HSET', KEYS[at], 'fence', token) end
return {token, redis.call('GET', KEYS[3]) or ''}
